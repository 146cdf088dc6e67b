// The plugin on a real Docker Engine with a real Traefik. Run by with_dockerd.sh.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "docker/engine.h"
#include "engine_between.h"
#include "load.h"
#include "test_host.h"

namespace ns::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kHttp = 18080;
const std::string kInstallation = "docker-test-" + std::to_string(::getpid());

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool Until(const std::function<bool()>& condition, seconds limit = seconds(20)) {
  for (const auto end = std::chrono::steady_clock::now() + limit;
       std::chrono::steady_clock::now() < end; ::usleep(20'000)) {
    if (condition()) return true;
  }
  return condition();
}

sdk::Route Route(const std::string& host, const std::string& path = "/") {
  sdk::Route route;
  route.id = "r";
  route.host = host;
  route.path = path;
  route.process = "web";
  route.port = 8080;
  return route;
}

// The test application; VERSION is what it answers. Another version is another run key.
sdk::App MakeApp(const std::string& id, int version, int generation = 0) {
  sdk::App app;
  app.id = id;
  app.name = "test";
  app.fence = {1, generation ? generation : version};
  app.state = sdk::AppState::kRunning;
  app.run_key = "run" + std::to_string(version);
  app.route_key = "route1";
  sdk::Process process;
  process.name = "web";
  process.image = Environment("NS_TEST_IMAGE");
  process.env = {{"VERSION", std::to_string(version), false}};
  process.probe = {sdk::ProbeKind::kTcp, 8080, "/", milliseconds(200), seconds(5), seconds(2)};
  process.stop_grace = seconds(5);
  process.drain_limit = seconds(20);
  app.processes = {process};
  app.routes = {Route(id + ".test")};
  return app;
}

std::string FileConfig() {
  return R"({"networks":"10.214.0.0/16","traefik":{"provider":"file","http":"127.0.0.1:)" +
         std::to_string(kHttp) + R"("}})";
}

class BackendDocker : public ::testing::Test {
 protected:
  void SetUp() override {
    data_ =
        std::filesystem::temp_directory_path() / ("ns-docker-test-" + std::to_string(::getpid()));
    std::filesystem::create_directories(data_);
    host_ = NewHost();
    id_ = "t" + std::to_string(::getpid()) + "n" + std::to_string(++count_);
  }
  void TearDown() override {
    for (const auto& [app, generation] : used_) EXPECT_EQ(host_->Remove(app, {2, 0}).code, NS_OK);
    EXPECT_TRUE(Containers().empty());
    EXPECT_TRUE(engine_.Networks(call_, {{"neoshowcase.installation", kInstallation}}).empty());
    host_.reset();
    TestHost::EndHelpers();
    std::filesystem::remove_all(data_);
  }

  virtual std::string ConfigText() const { return FileConfig(); }
  std::unique_ptr<TestHost> NewHost() const {
    return std::make_unique<TestHost>(Environment("NS_TEST_PLUGIN"), ConfigText(), kInstallation,
                                      data_.string());
  }

  sdk::App App(int version, int generation = 0) {
    used_[id_] = 1;
    return MakeApp(id_, version, generation);
  }
  sdk::App Stopped(int generation) {
    sdk::App app = App(1, generation);
    app.state = sdk::AppState::kStopped;
    app.route_key = "stopped";
    return app;
  }

  http::Response Get(const std::string& host, const std::string& path = "/") {
    try {
      return http_.Do(call_, {.url = "http://127.0.0.1:" + std::to_string(kHttp) + path,
                              .headers = {{"Host", host}}});
    } catch (const sdk::Error&) {
      return {};
    }
  }
  std::string Version() {
    const http::Response response = Get(id_ + ".test");
    return response.status == 200 ? response.headers.at("x-version")
                                  : std::to_string(response.status);
  }
  std::vector<docker::Container> Containers() {
    return engine_.Containers(call_, {{"neoshowcase.installation", kInstallation}});
  }
  docker::Container Only() {
    const auto all = Containers();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? docker::Container() : all[0];
  }
  std::string RouteFile() const { return (data_ / "traefik/dynamic" / (id_ + ".yml")).string(); }
  std::vector<std::string> PhaseNames(const Outcome& outcome) {
    std::vector<std::string> names;
    for (const sdk::Phase& phase : outcome.status.phases) names.push_back(phase.name);
    return names;
  }
  void Deploy(const sdk::App& app) {
    const Outcome outcome = host_->Apply(app);
    ASSERT_EQ(outcome.code, NS_OK) << outcome.reason << " " << outcome.message;
    ASSERT_TRUE(outcome.status.converged) << outcome.status.reason << " " << outcome.status.message;
  }

  static int count_;
  const sdk::Call call_;
  docker::Engine engine_;
  http::Client http_;
  std::filesystem::path data_;
  std::unique_ptr<TestHost> host_;
  std::string id_;
  std::map<std::string, int> used_;
};
int BackendDocker::count_ = 0;

TEST_F(BackendDocker, FirstDeploy_AnswersAndIsTold) {
  ASSERT_TRUE(Until([&] { return Get("nobody.test").status == 404; })) << "Traefik is up";
  const Outcome outcome = host_->Apply(App(1));
  for (size_t i = 0; i + 1 < outcome.status.phases.size(); ++i)
    std::printf(
        "%s %lld ms\n", outcome.status.phases[i].name.c_str(),
        static_cast<long long>(
            (outcome.status.phases[i + 1].at - outcome.status.phases[i].at).count() / 1000));
  ASSERT_EQ(outcome.code, NS_OK) << outcome.message;
  EXPECT_EQ(Version(), "1");
  EXPECT_TRUE(outcome.status.converged);
  EXPECT_EQ(outcome.status.reason, NS_REASON_RUNNING);
  EXPECT_EQ(outcome.status.serving_run_key, "run1");
  EXPECT_EQ(outcome.status.route_key, "route1");
  EXPECT_EQ(outcome.status.container, sdk::Container::kRunning);
  EXPECT_EQ(outcome.status.ready, 1);
  EXPECT_EQ(outcome.status.fence, (sdk::Fence{1, 1}));
  EXPECT_EQ(PhaseNames(outcome),
            (std::vector<std::string>{"pull", "start", "probe", "switch", "done"}));
  const docker::Container container = Only();
  EXPECT_EQ(container.name, "nsapp-" + id_ + "-1-1");
  EXPECT_EQ(container.restart_policy, "unless-stopped");
  EXPECT_EQ(container.pids, 512);
  EXPECT_EQ(container.networks.at("nsapp-" + id_).configured,
            container.networks.at("nsapp-" + id_).address);
  EXPECT_TRUE(container.networks.at("nsapp-" + id_).address.starts_with("10.214."));
}

TEST_F(BackendDocker, SameAgain_ChangesNothing) {
  Deploy(App(1));
  const docker::Container before = Only();
  const Outcome first = host_->Observe(id_);
  EXPECT_EQ(host_->Apply(App(1)).code, NS_OK);
  const Outcome again = host_->Observe(id_);
  EXPECT_EQ(Only(), before);
  EXPECT_EQ(again.status, first.status);
}

TEST_F(BackendDocker, OtherUrl_RestartsNothing) {
  Deploy(App(1));
  const docker::Container before = Only();
  sdk::App app = App(1, 2);
  app.route_key = "route2";
  app.routes = {Route("other-" + id_ + ".test"), Route(id_ + "2.test", "/api")};
  app.routes[1].strip_path = true;
  Deploy(app);
  EXPECT_EQ(Only(), before);
  EXPECT_EQ(Get("other-" + id_ + ".test").status, 200);
  EXPECT_EQ(Get(id_ + ".test").status, 404);
  EXPECT_EQ(Get(id_ + "2.test", "/api/env").status, 200);
  EXPECT_NE(Get(id_ + "2.test", "/api/env").body.find("VERSION=1"), std::string::npos);
  EXPECT_EQ(Get(id_ + "2.test", "/apix").status, 404);
  app.fence.generation = 3;
  app.route_key = "route3";
  app.routes.pop_back();
  Deploy(app);
  EXPECT_EQ(Get(id_ + "2.test", "/api/env").status, 404);
  EXPECT_EQ(Only(), before);
}

TEST_F(BackendDocker, RedeployUnderLoad_LosesNothingAndNeverGoesBack) {
  Deploy(App(1));
  Load load(kHttp, id_ + ".test");
  for (int version = 2; version <= 5; ++version) {
    const Outcome outcome = host_->Apply(App(version));
    ASSERT_EQ(outcome.code, NS_OK) << outcome.message;
    EXPECT_EQ(PhaseNames(outcome), (std::vector<std::string>{"pull", "start", "probe", "switch",
                                                             "drain", "remove", "done"}));
    EXPECT_EQ(Containers().size(), 1u);
  }
  load.End();
  EXPECT_EQ(load.newest_version(), 5);
  EXPECT_GT(load.answered(), 500);
  EXPECT_TRUE(load.complaints().empty()) << load.complaints().size() << " of " << load.answered()
                                         << ", first: " << load.complaints().front();
}

TEST_F(BackendDocker, StaleFence_IsRefusedAlsoAfterRemove) {
  Deploy(App(5));
  Outcome stale = host_->Apply(App(4));
  EXPECT_EQ(stale.code, NS_E_STALE);
  EXPECT_EQ(stale.reason, NS_REASON_STALE_FENCE);
  EXPECT_EQ(Version(), "5");
  EXPECT_EQ(host_->Remove(id_, {1, 4}).code, NS_E_STALE);
  EXPECT_EQ(host_->Remove(id_, {1, 6}).code, NS_OK);
  EXPECT_EQ(host_->Apply(App(5)).code, NS_E_STALE);
  EXPECT_TRUE(Containers().empty());
  const Outcome gone = host_->Observe(id_);
  EXPECT_FALSE(gone.status.exists);
  EXPECT_EQ(gone.status.fence, (sdk::Fence{1, 6}));
  Deploy(App(7));
}

TEST_F(BackendDocker, Remove_LeavesNothingAndTouchesNothingForeign) {
  Deploy(App(1));
  docker::ContainerSpec other;
  other.name = "bystander-" + id_;
  other.image = Environment("NS_TEST_IMAGE");
  other.network = "bridge";
  other.labels = {{"neoshowcase.installation", "someone-else"}, {"neoshowcase.app", id_}};
  const std::string foreign = engine_.Create(call_, other);
  engine_.Start(call_, foreign);
  EXPECT_EQ(host_->Remove(id_, {1, 1}).code, NS_OK);
  EXPECT_TRUE(Containers().empty());
  EXPECT_FALSE(engine_.InspectNetwork(call_, "nsapp-" + id_));
  EXPECT_FALSE(std::filesystem::exists(RouteFile()));
  EXPECT_TRUE(Until([&] { return Get(id_ + ".test").status == 404; }));
  const auto left = engine_.Inspect(call_, foreign);
  EXPECT_TRUE(left && left->state == "running");
  engine_.Remove(call_, foreign);
  EXPECT_EQ(host_->Remove(id_, {1, 1}).code, NS_OK) << "removing what is gone";
}

TEST_F(BackendDocker, Stop_LeadsToThePageAndStartComesBack) {
  Deploy(App(1));
  sdk::App stopped = Stopped(2);
  stopped.page_upstream = "http://127.0.0.1:" + Environment("NS_TEST_PAGE_PORT");
  stopped.page_reason = "stopped";
  Deploy(stopped);
  EXPECT_TRUE(Containers().empty());
  const http::Response response = Get(id_ + ".test", "/env");
  EXPECT_EQ(response.status, 200) << "the page of this test is the test application";
  Deploy(App(1, 3));
  EXPECT_EQ(Version(), "1");
  stopped.fence.generation = 4;
  stopped.page_upstream = "";
  Deploy(stopped);
  EXPECT_EQ(Get(id_ + ".test").status, 404) << "without a page routes are withdrawn";
}

class Broken : public BackendDocker,
               public ::testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(Broken, Release_LeavesTheOldOneServing) {
  Deploy(App(1));
  const docker::Container before = Only();
  Load load(kHttp, id_ + ".test", 0);
  sdk::App app = App(2);
  app.processes[0].env.push_back({"MODE", GetParam().first, false});
  if (std::string(GetParam().first) == "missing")
    app.processes[0].entrypoint = {"/no/such/program"};
  if (std::string(GetParam().first) == "gone")
    app.processes[0].image = "127.0.0.1:1/none@sha256:" + std::string(64, '0');
  const Outcome outcome = host_->Apply(app);
  EXPECT_NE(outcome.code, NS_OK);
  EXPECT_EQ(outcome.reason, GetParam().second) << outcome.message;
  EXPECT_EQ(outcome.status.reason, GetParam().second);
  EXPECT_FALSE(outcome.status.converged);
  EXPECT_EQ(outcome.status.serving_run_key, "run1");
  EXPECT_FALSE(outcome.message.empty());
  const auto serving = engine_.Inspect(call_, before.id);
  ASSERT_TRUE(serving);
  EXPECT_EQ(*serving, before);
  EXPECT_EQ(host_->Observe(id_).status.reason, GetParam().second) << "observe goes on telling why";
  Deploy(App(3));
  load.End();
  EXPECT_TRUE(load.complaints().empty()) << load.complaints().front();
  EXPECT_EQ(Version(), "3");
  EXPECT_EQ(Containers().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Modes, Broken,
                         ::testing::Values(std::pair("crash", NS_REASON_CONTAINER_EXITED),
                                           std::pair("exit", NS_REASON_CONTAINER_EXITED),
                                           std::pair("deaf", NS_REASON_PROBE_FAILED),
                                           std::pair("missing", NS_REASON_START_FAILED),
                                           std::pair("gone", NS_REASON_IMAGE_PULL_FAILED)),
                         [](const auto& mode) { return std::string(mode.param.first); });

TEST_F(BackendDocker, ChangedByHand_IsSeenAndMended) {
  Deploy(App(1));
  const auto docker = [](const std::string& command) {
    ASSERT_EQ(::system(("docker " + command + " >/dev/null 2>&1").c_str()), 0) << command;
  };
  const std::string network = "nsapp-" + id_;
  const std::vector<std::pair<std::string, std::function<void()>>> changes = {
      {"kill", [&] { docker("kill " + Only().name); }},
      {"remove", [&] { docker("rm -f " + Only().name); }},
      {"rename", [&] { docker("rename " + Only().name + " elsewhere-" + id_); }},
      {"limits", [&] { docker("update --pids-limit 7 " + Only().name); }},
      {"network", [&] { docker("network disconnect -f " + network + " " + Only().name); }},
      {"pause", [&] { docker("pause " + Only().name); }},
      {"stray",
       [&] {
         docker("run -d --name nsapp-" + id_ + "-0-9 --label neoshowcase.installation=" +
                kInstallation + " --label neoshowcase.app=" + id_ +
                " --label neoshowcase.key=run1 " + Environment("NS_TEST_IMAGE"));
       }},
      {"file edited", [&] { std::ofstream(RouteFile(), std::ios::app) << "# me\n"; }},
      {"file removed", [&] { std::filesystem::remove(RouteFile()); }},
  };
  for (const auto& [name, change] : changes) {
    change();
    ASSERT_TRUE(Until([&] { return !host_->Observe(id_).status.converged; }, seconds(5))) << name;
    const Outcome seen = host_->Observe(id_);
    EXPECT_EQ(seen.status.reason, NS_REASON_DRIFT) << name;
    const Outcome mended = host_->Apply(App(1));
    ASSERT_EQ(mended.code, NS_OK) << name << ": " << mended.message;
    EXPECT_TRUE(mended.status.converged) << name;
    EXPECT_NE(mended.status.message.find("Drift was put right"), std::string::npos)
        << name << ": " << mended.status.message;
    EXPECT_EQ(Version(), "1") << name;
    EXPECT_EQ(Containers().size(), 1u) << name;
    EXPECT_TRUE(Only().name.starts_with("nsapp-" + id_ + "-1-")) << name;
    EXPECT_EQ(Only().pids, 512) << name;
  }
}

TEST_F(BackendDocker, Watch_TellsWhichApplicationChanged) {
  Deploy(App(1));
  std::mutex mutex;
  std::vector<std::string> told;
  Canceller cancel;
  std::thread watcher([&] {
    EXPECT_EQ(host_
                  ->Watch(cancel,
                          [&](const std::string& app) {
                            const std::lock_guard lock(mutex);
                            told.push_back(app);
                          })
                  .code,
              NS_E_CANCELLED);
  });
  const auto count = [&](const std::string& app) {
    const std::lock_guard lock(mutex);
    return std::count(told.begin(), told.end(), app);
  };
  EXPECT_TRUE(Until([&] { return count("") == 1; })) << "any may have changed before";
  EXPECT_EQ(count(id_), 0);
  engine_.Kill(call_, Only().id);
  EXPECT_TRUE(Until([&] { return count(id_) >= 1; }));
  const auto before = count(id_);
  std::filesystem::remove(RouteFile());
  EXPECT_TRUE(Until([&] { return count(id_) > before; }));
  cancel.Cancel();
  watcher.join();
  EXPECT_EQ(count("") + count(id_), static_cast<long>(told.size())) << "nothing about others";
}

TEST_F(BackendDocker, Logs_AreTheNewestInOrder) {
  sdk::App app = App(1);
  app.processes[0].env.push_back({"LINES", "20", false});
  Deploy(app);
  std::vector<TestHost::Line> lines;
  ASSERT_EQ(host_->Logs(id_, 5, lines).code, NS_OK);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines.back().text, "testapp 1, mode serve");
  EXPECT_EQ(lines.front().text, "line 17");
  EXPECT_FALSE(lines.front().is_stderr);
  std::vector<TestHost::Line> earlier;
  ASSERT_EQ(host_->Logs(id_, 3, earlier, lines.front().at).code, NS_OK);
  ASSERT_EQ(earlier.size(), 3u);
  EXPECT_EQ(earlier.back().text, "line 16");
}

TEST_F(BackendDocker, PublishedPort_IsRecreatedAndTheOldOneReturnsWhenTheNewOneFails) {
  const auto with_port = [&](int version) {
    sdk::App app = App(version);
    app.strategy = sdk::Strategy::kRecreate;
    app.routes.clear();
    app.ports = {{sdk::Protocol::kTcp, 18099, 8080}};
    return app;
  };
  const auto version = [&] {
    try {
      return http_.Do(call_, {.url = "http://127.0.0.1:18099/"}).headers.at("x-version");
    } catch (const sdk::Error&) {
      return std::string();
    }
  };
  Deploy(with_port(1));
  EXPECT_EQ(version(), "1");
  Deploy(with_port(2));
  EXPECT_EQ(version(), "2");
  sdk::App broken = with_port(3);
  broken.processes[0].env.push_back({"MODE", "crash", false});
  EXPECT_EQ(host_->Apply(broken).reason, NS_REASON_CONTAINER_EXITED);
  EXPECT_TRUE(Until([&] { return version() == "2"; })) << "the old one is back";
  Deploy(with_port(4));
  EXPECT_EQ(version(), "4");
}

TEST_F(BackendDocker, CancelledAtAnyMoment_IsFinishedByTheNext) {
  Deploy(App(1));
  Load load(kHttp, id_ + ".test");
  for (int i = 0; i < 8; ++i) {
    Canceller cancel;
    std::thread canceller([&] {
      ::usleep(static_cast<useconds_t>(i) * 300'000);
      cancel.Cancel();
    });
    const Outcome outcome = host_->Apply(App(i + 2), &cancel);
    canceller.join();
    EXPECT_TRUE(outcome.code == NS_E_CANCELLED || outcome.code == NS_OK) << outcome.message;
  }
  Deploy(App(20));
  load.End();
  EXPECT_TRUE(load.complaints().empty()) << load.complaints().front();
  EXPECT_EQ(Containers().size(), 1u);
}

TEST_F(BackendDocker, NewerFenceFromAnotherProcess_EndsTheOlderApply) {
  Deploy(App(1));
  sdk::App deaf = App(2);
  deaf.processes[0].env.push_back({"MODE", "deaf", false});
  deaf.processes[0].probe.timeout = seconds(60);
  Outcome older;
  std::thread thread([&] { older = host_->Apply(deaf); });
  ASSERT_TRUE(Until([&] { return Containers().size() == 2; }));
  const auto other = NewHost();
  EXPECT_EQ(other->Apply(App(3)).code, NS_OK);
  thread.join();
  EXPECT_EQ(older.code, NS_E_STALE);
  EXPECT_EQ(Version(), "3");
  EXPECT_EQ(Containers().size(), 1u);
}

// kill -9 of the process that carries a rollout out, at eight moments; the next apply of another
// process finishes it.
TEST_F(BackendDocker, KilledAtAnyMoment_IsFinishedByTheNext) {
  Deploy(App(1));
  Load load(kHttp, id_ + ".test");
  for (int i = 0; i < 8; ++i) {
    const std::string version = std::to_string(i + 2);
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl("/proc/self/exe", "docker_test", "apply", data_.c_str(), kInstallation.c_str(),
              id_.c_str(), version.c_str(), nullptr);
      ::_exit(127);
    }
    ::usleep(100'000 + static_cast<useconds_t>(i) * 350'000);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  Deploy(App(20));
  load.End();
  EXPECT_TRUE(load.complaints().empty()) << load.complaints().front();
  EXPECT_EQ(load.newest_version(), 20);
  EXPECT_EQ(Containers().size(), 1u);
}

// Routes in container labels.
// As from within a container, where the Engine must be asked for what containers have used.
class AskedUsages : public BackendDocker {
 protected:
  std::string ConfigText() const override {
    std::string config = FileConfig();
    return config.insert(1, R"("socket":")" + socket_ + R"(",)");
  }
  // Three, by name.
  void DeployThree() {
    between_.HideProcesses();
    for (const char* suffix : {"a", "b", "c"}) {
      sdk::App app = MakeApp(id_ + suffix, 1);
      used_[app.id] = 1;
      Deploy(app);
    }
  }
  std::string ContainerOf(const std::string& app) {
    for (const docker::Container& one : Containers()) {
      if (one.name == "nsapp-" + app + "-1-1") return one.id;
    }
    return "";
  }
  std::map<std::string, int64_t> Read(seconds limit) {
    std::map<std::string, int64_t> memory;
    const auto begun = std::chrono::steady_clock::now();
    const Outcome outcome = host_->Usages(memory);
    EXPECT_EQ(outcome.code, NS_OK) << outcome.message;
    EXPECT_LT(std::chrono::steady_clock::now() - begun, limit);
    for (const auto& [app, bytes] : memory) EXPECT_GT(bytes, 0) << app;
    return memory;
  }

  const std::string socket_ = "/tmp/ns-engine-" + std::to_string(::getpid());
  EngineBetween between_{socket_};
};

TEST_F(AskedUsages, OneContainerThatFails_IsLeftOutOfTheSample) {
  DeployThree();
  EXPECT_EQ(Read(seconds(8)).size(), 3u);
  for (const auto fate : {EngineBetween::Fate::kRefused, EngineBetween::Fate::kSilent}) {
    between_.Break(ContainerOf(id_ + "b"), fate);
    const auto memory = Read(seconds(8));
    EXPECT_EQ(memory.size(), 2u);
    EXPECT_FALSE(memory.contains(id_ + "b"));
  }
}

class Labels : public BackendDocker {
 protected:
  std::string ConfigText() const override {
    return R"({"networks":"10.214.0.0/16","traefik":{"provider":"labels","http":"127.0.0.1:)" +
           std::to_string(kHttp) + R"("}})";
  }
};

TEST_F(Labels, RedeployUnderLoad_LosesNothingAndNeverGoesBack) {
  Deploy(App(1));
  EXPECT_FALSE(std::filesystem::exists(RouteFile()));
  Load load(kHttp, id_ + ".test");
  for (int version = 2; version <= 3; ++version) {
    Deploy(App(version));
    EXPECT_EQ(Containers().size(), 1u);
  }
  load.End();
  EXPECT_EQ(load.newest_version(), 3);
  EXPECT_TRUE(load.complaints().empty()) << load.complaints().size() << " of " << load.answered()
                                         << ", first: " << load.complaints().front();
}

TEST_F(Labels, OtherUrl_IsARollingReplacement) {
  Deploy(App(1));
  const docker::Container before = Only();
  sdk::App app = App(1, 2);
  app.route_key = "route2";
  app.routes = {Route(id_ + ".test"), Route("api-" + id_ + ".test", "/api")};
  app.routes[1].strip_path = true;
  const Outcome outcome = host_->Apply(app);
  ASSERT_EQ(outcome.code, NS_OK) << outcome.message;
  EXPECT_EQ(outcome.status.serving_run_key, "run1")
      << "the key that was asked for, not the backend's own";
  EXPECT_EQ(outcome.status.route_key, "route2");
  EXPECT_NE(Only().id, before.id);
  EXPECT_EQ(Version(), "1");
  EXPECT_NE(Get("api-" + id_ + ".test", "/api/env").body.find("VERSION=1"), std::string::npos);
}

TEST_F(Labels, StopUnderLoad_GoesToThePageByFileAndBack) {
  Deploy(App(1));
  Load load(kHttp, id_ + ".test");
  sdk::App stopped = Stopped(2);
  stopped.page_upstream = "http://127.0.0.1:" + Environment("NS_TEST_PAGE_PORT");
  stopped.page_reason = "stopped";
  Deploy(stopped);
  EXPECT_TRUE(Containers().empty());
  EXPECT_TRUE(std::filesystem::exists(RouteFile()));
  EXPECT_EQ(Version(), "0") << "the page of this test is the test application, version 0";
  load.End();
  for (const std::string& complaint : load.complaints())
    EXPECT_NE(complaint.find("version 0 after 1"), std::string::npos) << complaint;
  Deploy(App(2, 3));
  EXPECT_EQ(Version(), "2");
  EXPECT_FALSE(std::filesystem::exists(RouteFile()));
}

TEST_F(Labels, BrokenRelease_LeavesTheOldOneServing) {
  Deploy(App(1));
  Load load(kHttp, id_ + ".test", 0);
  sdk::App app = App(2);
  app.processes[0].env.push_back({"MODE", "deaf", false});
  EXPECT_EQ(host_->Apply(app).reason, NS_REASON_PROBE_FAILED);
  load.End();
  EXPECT_TRUE(load.complaints().empty()) << load.complaints().front();
  EXPECT_EQ(Version(), "1");
}

}  // namespace
}  // namespace ns::testing

// `docker_test apply DATA INSTALLATION APP VERSION`: one apply in a process of its own, beside the
// helpers of another.
int main(int argc, char** argv) {
  if (argc == 6 && std::string(argv[1]) == "apply") {
    ns::testing::TestHost::AdoptHelpers();
    ns::testing::TestHost host(ns::testing::Environment("NS_TEST_PLUGIN"),
                               ns::testing::FileConfig(), argv[3], argv[2]);
    return host.Apply(ns::testing::MakeApp(argv[4], std::atoi(argv[5]))).code;
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
