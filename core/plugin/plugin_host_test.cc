// Plugins at work, through the ports.
#include "plugin/plugin_host.h"

#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "plugin/testing/host_fixture.h"

namespace ns::plugin {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class PluginWorkTest : public PluginHostTest {
 protected:
  Loaded LoadOne(const std::string& kind, const std::string& config = "{}", Duration grace = 5s) {
    const LoadReport report = Host(grace).Load({Sample(config, true)}, {kind});
    EXPECT_EQ(report.refused.size(), 0u);
    EXPECT_EQ(report.loaded.size(), 1u);
    return report.loaded.empty() ? Loaded{} : report.loaded[0];
  }

  static model::DesiredApp App(const std::string& name) {
    model::DesiredApp app;
    app.id = AppId("app1");
    app.name = name;
    app.fence = {7, 3};
    app.run_key = "rk";
    app.page_upstream = "http://127.0.0.1:1";
    model::ProcessSpec process;
    process.image = "r/a@sha256:1";
    process.command = {"serve", "--now"};
    process.env = {{"B", Secret("two"), model::EnvScope::kRun, true}, {"A", Secret("one")}};
    process.probe = {model::ProbeKind::kHttp, 80, "/up"};
    app.processes = {process};
    model::Website site;
    site.fqdn = "a.example.com";
    site.https = true;
    app.routes = {site};
    app.ports = {{39000, 80, model::Protocol::kTcp}};
    return app;
  }
};

TEST_F(PluginWorkTest, KindNotAskedFor_IsNotLoaded) {
  const LoadReport report = Host().Load({Sample()}, {"ns.site/1"});
  EXPECT_TRUE(report.loaded.empty());
  EXPECT_TRUE(report.refused.empty());
  EXPECT_TRUE(Host().States().empty());
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/copies"));
}

TEST_F(PluginWorkTest, Loaded_IsListedAsHealthy) {
  LoadOne(kBackendKind);
  const auto states = Host().States();
  ASSERT_EQ(states.size(), 1u);
  EXPECT_EQ(states[0].instance, "sample");
  EXPECT_EQ(states[0].plugin, "test-sample");
  EXPECT_EQ(states[0].kind, kBackendKind);
  EXPECT_EQ(states[0].version, "1.2.3");
  EXPECT_TRUE(states[0].healthy);
  EXPECT_THAT(states[0].config_schema, HasSubstr("additionalProperties"));
  EXPECT_TRUE(Host().Ready().ok());
}

TEST_F(PluginWorkTest, Backend_GetsTheWholeApplication) {
  ports::Backend& backend = *LoadOne(kBackendKind).backend;
  ASSERT_TRUE(backend.Apply({}, App("a")).ok());
  const auto seen = backend.Observe({}, AppId("app1"));
  ASSERT_TRUE(seen.ok());
  EXPECT_TRUE(seen->exists);
  EXPECT_EQ(seen->id, AppId("app1"));
  EXPECT_EQ(seen->message,
            "app1|3|rk|http://127.0.0.1:1|r/a@sha256:1 x1 probe /up serve --now A=one "
            "B=two!|a.example.com/:80 tls|39000>80");
  EXPECT_EQ(seen->fence, (model::Fence{7, 1}));
  ASSERT_EQ(seen->phases.size(), 2u);
  EXPECT_EQ(seen->phases[1], (model::PhaseMark{"done", Time(2us)}));
  EXPECT_NE(seen->observed_at, kNever);
  ASSERT_TRUE(backend.Remove({}, AppId("app1"), {7, 4}).ok());
  EXPECT_FALSE(backend.Observe({}, AppId("app1"))->exists);
}

TEST_F(PluginWorkTest, Backend_Survey_TellsWhatWasAskedForOnce) {
  ports::Backend& backend = *LoadOne(kBackendKind).backend;
  const auto seen = backend.Survey({}, {AppId("a"), AppId("left-out"), AppId("b")});
  ASSERT_TRUE(seen.ok()) << seen.status().ToString();
  ASSERT_EQ(seen->size(), 2u) << "nothing twice, and nothing that was not asked for";
  for (const model::ObservedApp& one : *seen) {
    model::ObservedApp observed = backend.Observe({}, one.id).value();
    observed.observed_at = one.observed_at;
    EXPECT_EQ(one, observed);
  }
  EXPECT_EQ((*seen)[0].id, AppId("a"));
  EXPECT_EQ((*seen)[1].id, AppId("b"));
}

TEST_F(PluginWorkTest, Backend_Usages_ComeWithTheTimeAndCleanNames) {
  const auto used = LoadOne(kBackendKind).backend->Usages({});
  ASSERT_TRUE(used.ok()) << used.status().ToString();
  ASSERT_EQ(used->size(), 2u);
  const model::ReplicaUsage& first = used->front();
  EXPECT_EQ(first.app, AppId("a"));
  EXPECT_EQ(first.replica, "a-1");
  EXPECT_GT(first.at, Duration::zero());
  EXPECT_EQ(first.cpu_ns, 5'000'000'000);
  EXPECT_EQ(first.memory, 1 << 20);
  EXPECT_EQ(first.received, 10);
  EXPECT_EQ(first.sent, 20);
  EXPECT_EQ(used->back().app.str().find('\xff'), std::string::npos);
  EXPECT_EQ(used->back().cpu_ns, model::kUnmeasured);
}

TEST_F(PluginWorkTest, Backend_ThatThrows_BecomesAStatus) {
  ports::Backend& backend = *LoadOne(kBackendKind).backend;
  EXPECT_EQ(backend.Apply({}, App("throw")).ToString(),
            Status(Code::kInternal, "Defect", "boom").ToString());
  EXPECT_EQ(backend.Apply({}, App("throw-int")).code(), Code::kInternal);
  const Status refused = backend.Apply({}, App("refuse"));
  EXPECT_EQ(refused.code(), Code::kStale);
  EXPECT_EQ(refused.reason(), "StaleFence");
  EXPECT_EQ(refused.fault(), Fault::kPlatform);
  EXPECT_EQ(refused.retry_after(), Duration(3s));
  EXPECT_TRUE(backend.Apply({}, App("a")).ok());  // it goes on
}

TEST_F(PluginWorkTest, Backend_CancelledOrLate_Returns) {
  ports::Backend& backend = *LoadOne(kBackendKind).backend;
  std::stop_source stop;
  auto done = std::async(std::launch::async, [&] {
    return backend.Apply({stop.get_token(), std::nullopt}, App("wait"));
  });
  EXPECT_EQ(done.wait_for(30ms), std::future_status::timeout);
  stop.request_stop();
  EXPECT_EQ(done.get().code(), Code::kCancelled);
  EXPECT_EQ(backend.Apply({{}, SystemClock().Monotonic() + 20ms}, App("wait")).code(),
            Code::kDeadline);
}

TEST_F(PluginWorkTest, Backend_Watch_TellsUntilCancelled) {
  ports::Backend& backend = *LoadOne(kBackendKind).backend;
  std::stop_source stop;
  std::vector<std::string> changed;
  const Status status = backend.Watch({stop.get_token(), std::nullopt}, [&](const AppId& app) {
    changed.push_back(app.str());
    if (changed.size() == 2) stop.request_stop();
  });
  EXPECT_EQ(status.code(), Code::kCancelled);
  EXPECT_THAT(changed, ElementsAre("", "a"));
}

TEST_F(PluginWorkTest, Backend_Logs_AreMadeUtf8) {
  const auto lines = LoadOne(kBackendKind).backend->Logs({}, {AppId("x"), kNever, kNever, 2});
  ASSERT_TRUE(lines.ok());
  EXPECT_THAT(*lines, ElementsAre(model::LogLine{Time(1us), "stdout", "x ? line"},
                                  model::LogLine{Time(2us), "stderr", "x ? line"}));
}

TEST_F(PluginWorkTest, Backend_LogsThatNoAnswerHolds_AreTheNewest) {
  const auto lines = LoadOne(kBackendKind).backend->Logs({}, {AppId("long"), kNever, kNever, 100});
  ASSERT_TRUE(lines.ok()) << lines.status().ToString();
  ASSERT_EQ(lines->size(), 47u) << "3 MiB of lines that are cut to 64 KiB, with their times";
  for (size_t i = 0; i < lines->size(); ++i) {
    EXPECT_EQ(lines->at(i).at, Time(std::chrono::microseconds(100 - 46 + i)));
    EXPECT_EQ(lines->at(i).text.size(), 64u << 10);
  }
}

TEST_F(PluginWorkTest, BuildMethod_PlansAndChecksSettings) {
  ports::BuildMethod& method = *LoadOne(kBuildKind).method;
  ports::BuildRequest request;
  request.source = "/src";
  request.settings = R"({"text": "hi"})";
  request.command = {"a", "b"};
  request.env = {{"K", Secret("v"), model::EnvScope::kBuild}};
  const auto plan = method.Plan({}, request);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->dockerfile_text, "FROM scratch\n# {\"text\": \"hi\"} /src");
  EXPECT_THAT(plan->args, ElementsAre(std::pair<std::string, std::string>("word", "a"),
                                      std::pair<std::string, std::string>("word", "b")));
  EXPECT_EQ(plan->secrets.at(0).value.Reveal(), "v");
  EXPECT_TRUE(plan->ignore_dockerignore);
  EXPECT_EQ(plan->context, ".");
  EXPECT_EQ(plan->builder, "");
  request.artifact_path = "/built";
  const auto built = method.Plan({}, request);
  EXPECT_EQ(built->builder + built->run_image + built->platform_api, "builder:1run:10.12");

  request.settings = R"({"text": 1})";
  const Status wrong = method.Plan({}, request).status();
  EXPECT_EQ(wrong.reason(), "SettingsInvalid");
  EXPECT_EQ(wrong.fault(), Fault::kSource);
  EXPECT_THAT(wrong.message(), HasSubstr("/text"));
}

TEST_F(PluginWorkTest, Engine_RunsAndSaysWhoseFault) {
  ports::BuildEngine& engine = *LoadOne(kEngineKind).engine;
  EXPECT_TRUE(engine.Abilities().dockerfile);
  EXPECT_TRUE(engine.Abilities().time_limit);
  EXPECT_FALSE(engine.Abilities().memory_limit);
  ports::EngineJob job;
  job.reference = "r/a:b-1";
  job.push_username = "ns";
  job.push_password = Secret("pass");
  job.plan.dockerfile_text = "FROM x";
  std::string log;
  const auto take = [&](std::string_view bytes) { log += bytes; };
  const auto output = engine.Run({}, job, take);
  ASSERT_TRUE(output.ok());
  EXPECT_EQ(*output,
            (ports::EngineOutput{ports::OutputKind::kImage, {"r/a:b-1", "sha256:abc", 12}, 0}));
  EXPECT_EQ(log, "one r/a:b-1 as ns:pass\ntwo FROM x\n");
  job.attempt = 2;
  const Status failed = engine.Run({}, job, take).status();
  EXPECT_EQ(failed.reason(), "CommandFailed");
  EXPECT_EQ(failed.fault(), Fault::kSource);
  EXPECT_EQ(engine.Abort({}, BuildId("b")).message(), "no run of build b");
}

class PluginExportTest : public PluginWorkTest {
 protected:
  ports::EngineJob JobFor(const std::string& path) {
    ports::EngineJob job;
    job.plan.export_path = path;
    job.artifact = [this](std::string_view piece) {
      taken_ += piece;
      return taken_.size() > room_ ? full_ : Status();
    };
    return job;
  }
  static void Nowhere(std::string_view) {}

  std::string taken_;
  size_t room_ = 1000;
  const Status full_ = Status(Code::kExhausted, "DiskFull", "no room").SetFault(Fault::kPlatform);
};

TEST_F(PluginExportTest, Folder_IsGivenPieceByPiece) {
  ports::BuildEngine& engine = *LoadOne(kEngineKind, R"({"mode": "exports"})").engine;
  EXPECT_TRUE(engine.Abilities().exports);
  const auto output = engine.Run({}, JobFor("/srv/dist"), &Nowhere);
  ASSERT_TRUE(output.ok()) << output.status().ToString();
  EXPECT_EQ(*output, (ports::EngineOutput{ports::OutputKind::kArtifact, {}, 9}));
  EXPECT_EQ(taken_, "tar of it");
}

TEST_F(PluginExportTest, ReceiverThatRefuses_EndsTheRunWithItsOwnWords) {
  ports::BuildEngine& engine = *LoadOne(kEngineKind, R"({"mode": "exports"})").engine;
  room_ = 5;
  EXPECT_EQ(engine.Run({}, JobFor("/srv/dist"), &Nowhere).status(), full_);
  EXPECT_EQ(taken_, "tar of ") << "nothing after the refusal";
}

TEST_F(PluginExportTest, EngineThatGivesSomethingElse_IsADefect) {
  ports::BuildEngine& engine = *LoadOne(kEngineKind, R"({"mode": "exports"})").engine;
  for (const char* path : {"/image", "/strange"})
    EXPECT_EQ(engine.Run({}, JobFor(path), &Nowhere).status().reason(), "Defect") << path;
}

TEST_F(PluginExportTest, EngineThatCannot_IsNotAsked) {
  ports::BuildEngine& engine = *LoadOne(kEngineKind).engine;
  std::string log;
  const Status refused =
      engine.Run({}, JobFor("/srv/dist"), [&](std::string_view text) { log += text; }).status();
  EXPECT_EQ(refused.reason(), "Unsupported");
  EXPECT_EQ(refused.fault(), Fault::kOperator);
  EXPECT_THAT(refused.message(), HasSubstr("/srv/dist"));
  EXPECT_EQ(log, "");
}

TEST_F(PluginExportTest, PlanOfBuildpacks_ReachesTheEngineWhole) {
  ports::BuildEngine& engine = *LoadOne(kEngineKind, R"({"mode": "exports"})").engine;
  ports::EngineJob job = JobFor("");
  job.plan.builder = "builder:1";
  job.plan.run_image = "run:1";
  job.plan.platform_api = "0.12";
  std::string log;
  EXPECT_TRUE(engine.Abilities().buildpack);
  EXPECT_TRUE(engine.Run({}, job, [&](std::string_view text) { log += text; }).ok());
  EXPECT_THAT(log, HasSubstr("builder:1 run:1 0.12\n"));
}

TEST_F(PluginExportTest, EngineWithoutBuildpacks_IsNotAskedForThem) {
  ports::BuildEngine& engine = *LoadOne(kEngineKind).engine;
  ports::EngineJob job = JobFor("");
  job.plan.builder = "builder:1";
  const Status refused = engine.Run({}, job, &Nowhere).status();
  EXPECT_EQ(refused.reason(), "Unsupported");
  EXPECT_EQ(refused.fault(), Fault::kOperator);
  EXPECT_THAT(refused.message(), HasSubstr("builder:1"));
}

TEST_F(PluginExportTest, NobodyToTakeIt_IsInvalid) {
  ports::BuildEngine& engine = *LoadOne(kEngineKind, R"({"mode": "exports"})").engine;
  ports::EngineJob job = JobFor("/srv/dist");
  job.artifact = nullptr;
  EXPECT_EQ(engine.Run({}, job, &Nowhere).status().code(), Code::kInvalid);
}

class PluginDetectTest : public PluginWorkTest {
 protected:
  // A source of one file.
  static ports::SourceListing Source(const std::string& content, bool truncated = false) {
    return {{{"a", static_cast<int64_t>(content.size())}},
            truncated,
            [content](const std::string&) { return content; }};
  }
};

TEST_F(PluginDetectTest, Source_IsSeenAndSuggestionsComeBack) {
  ports::BuildMethod& method = *LoadOne(kBuildKind).method;
  const auto told = method.Detect({}, Source("text"));
  ASSERT_TRUE(told.ok()) << told.status().ToString();
  EXPECT_THAT(*told, ElementsAre(ports::Suggestion{100, R"({"text": "a"})", "out", "run a",
                                                   "4 bytes, seen 4"}));
}

TEST_F(PluginDetectTest, BigFile_IsSeenInPartAndOthersNotAtAll) {
  ports::BuildMethod& method = *LoadOne(kBuildKind).method;
  const auto told = method.Detect({}, Source(std::string(100'000, 'x'), true));
  ASSERT_TRUE(told.ok()) << told.status().ToString();
  ASSERT_EQ(told->size(), 2u);
  EXPECT_EQ((*told)[0].why, "100000 bytes, seen 65536");
  EXPECT_EQ((*told)[1], (ports::Suggestion{0, "{}", "", "", "more"}));
}

TEST_F(PluginDetectTest, SuggestionThatIsNone_IsADefect) {
  ports::BuildMethod& method = *LoadOne(kBuildKind).method;
  EXPECT_THAT(method.Detect({}, Source("silent")).status().message(), HasSubstr("said nothing"));
  EXPECT_THAT(method.Detect({}, Source("misfit")).status().message(), HasSubstr("/text"));
  EXPECT_THAT(method.Detect({}, Source("unexplained")).status().message(),
              HasSubstr("not say why"));
  EXPECT_EQ(method.Detect({}, Source("refuse")).status().reason(), "SampleBroken");
}

TEST_F(PluginDetectTest, MethodOfTheFirstVersion_CannotSay) {
  Install("test-plain-c");
  const LoadReport report = Host().Load({{"c", "test-plain-c", false, "{}", ""}}, {kBuildKind});
  ASSERT_EQ(report.loaded.size(), 1u);
  EXPECT_EQ(report.loaded[0].method->Detect({}, Source("x")).status().code(), Code::kUnsupported);
}

TEST_F(PluginWorkTest, Service_AsksThePlatform) {
  Service& service = *LoadOne(kServiceKind).service;
  ASSERT_TRUE(service.Start({}, {{5, "unix:/x"}}).ok());
  const Status health = service.Health({{}, SystemClock().Monotonic() + 10s});
  EXPECT_EQ(health.message(), "p.S/M from 127.0.0.1: ask descriptors x-user=alice unix:/x=5;ok");
  EXPECT_TRUE(service.Drain({}).ok());
}

TEST_F(PluginWorkTest, PluginInC_WorksAndItsSilenceIsADefect) {
  Install("test-plain-c");
  const LoadReport report = Host().Load({{"c", "test-plain-c", false, "{}", ""}}, {kBuildKind});
  ASSERT_EQ(report.loaded.size(), 1u);
  ports::BuildMethod& method = *report.loaded[0].method;
  ports::BuildRequest request;
  request.settings = "\"Dockerfile\"";
  EXPECT_EQ(method.Plan({}, request)->dockerfile_path, "\"Dockerfile\"");
  request.settings = "\"silent\"";
  EXPECT_EQ(method.Plan({}, request).status().reason(), "Defect");
  request.settings = "\"strange\"";
  EXPECT_EQ(method.Plan({}, request).status().code(), Code::kInternal);
  request.settings = "\"nothing\"";
  EXPECT_THAT(method.Plan({}, request).status().message(), HasSubstr("without a plan"));
}

TEST_F(PluginWorkTest, AwayAtFirst_IsActivatedLater) {
  ports::Backend& backend = *LoadOne(kBackendKind, R"({"mode": "away"})").backend;
  const Status away = backend.Apply({}, App("a"));
  EXPECT_EQ(away.code(), Code::kUnavailable);
  EXPECT_EQ(away.reason(), "SampleAway");
  EXPECT_EQ(Host().States()[0].reason, "SampleAway");
  EXPECT_FALSE(Host().Ready().ok());
  Host().Retry();
  EXPECT_FALSE(Host().Ready().ok());
  WriteText(data("sample") + "/here", "");
  Host().Retry();
  EXPECT_TRUE(Host().Ready().ok());
  EXPECT_TRUE(backend.Apply({}, App("a")).ok());
}

TEST_F(PluginWorkTest, LateAtFirst_IsActivatedLater) {
  ports::Backend& backend = *LoadOne(kBackendKind, R"({"mode": "late"})").backend;
  EXPECT_EQ(backend.Apply({}, App("a")).code(), Code::kUnavailable);
  EXPECT_EQ(Host().States()[0].reason, "TimedOut");
  WriteText(data("sample") + "/here", "");
  Host().Retry();
  EXPECT_TRUE(Host().Ready().ok());
  EXPECT_TRUE(backend.Apply({}, App("a")).ok());
}

TEST_F(PluginWorkTest, LatePlugin_IsFencedUntilItReturns) {
  ports::Backend& backend = *LoadOne(kBackendKind, "{}", 20ms).backend;
  auto stuck = std::async(std::launch::async, [&] {
    return backend.Apply({{}, SystemClock().Monotonic() + 10ms}, App("stuck"));
  });
  const auto until = SystemClock().Monotonic() + 20s;
  while (!Host().RequiredFenced() && SystemClock().Monotonic() < until)
    std::this_thread::sleep_for(2ms);
  ASSERT_TRUE(Host().RequiredFenced());
  EXPECT_THAT(Host().RequiredFenced()->message(), HasSubstr("`apply`"));
  EXPECT_EQ(backend.Observe({}, AppId("a")).status().reason(), "PluginFenced");
  EXPECT_EQ(Host().States()[0].reason, "PluginFenced");
  EXPECT_FALSE(Host().Ready().ok());
  WriteText(data("sample") + "/release", "");
  EXPECT_TRUE(stuck.get().ok());
  EXPECT_FALSE(Host().RequiredFenced());
  EXPECT_TRUE(backend.Observe({}, AppId("a")).ok());
}

TEST_F(PluginWorkTest, GoingAway_CancelsWhatIsUnderWay) {
  ports::Backend& backend = *LoadOne(kBackendKind).backend;
  auto waiting = std::async(std::launch::async, [&] { return backend.Apply({}, App("wait")); });
  EXPECT_EQ(waiting.wait_for(20ms), std::future_status::timeout);
  host_.reset();
  EXPECT_EQ(waiting.get().code(), Code::kCancelled);
}

TEST_F(PluginWorkTest, TwoInstancesOfOneLibrary_HaveDataOfTheirOwn) {
  const LoadReport report =
      Host().Load({{"one", "test-sample", false, "{}", ""}, {"two", library(), false, "{}", ""}},
                  {kBackendKind});
  ASSERT_EQ(report.loaded.size(), 2u);
  ASSERT_TRUE(report.loaded[0].backend->Apply({}, App("a")).ok());
  EXPECT_TRUE(report.loaded[0].backend->Observe({}, AppId("app1"))->exists);
  EXPECT_FALSE(report.loaded[1].backend->Observe({}, AppId("app1"))->exists);
  size_t copies = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/copies"))
    copies += entry.path().extension() == ".so" ? 1 : 0;
  EXPECT_EQ(copies, 1u);
}

}  // namespace
}  // namespace ns::plugin
