// Routes in container labels.
#include "docker_world.h"
#include "load.h"

namespace ns::testing {
namespace {

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
