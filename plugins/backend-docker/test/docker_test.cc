// Applications on a real Docker Engine with a real Traefik, routes in files: deploys, and what is
// told of them.
#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "docker_world.h"
#include "load.h"

namespace ns::testing {
namespace {

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

TEST_F(BackendDocker, Logs_OfLongLines_AreAsManyAsAreAskedFor) {
  sdk::App app = App(1);
  app.processes[0].env.push_back({"LINES", "20", false});
  app.processes[0].env.push_back({"WIDTH", "40000", false});  // three records each
  Deploy(app);
  std::vector<TestHost::Line> lines;
  ASSERT_EQ(host_->Logs(id_, 12, lines).code, NS_OK);
  ASSERT_EQ(lines.size(), 12u);
  EXPECT_EQ(lines.back().text, "testapp 1, mode serve");
  EXPECT_TRUE(lines.front().text.starts_with("line 10")) << lines.front().text.substr(0, 100);
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
