// What breaks: releases, what is changed by hand, and rollouts that are cancelled or killed.
#include <signal.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "docker_world.h"
#include "load.h"

namespace ns::testing {
namespace {

using std::chrono::seconds;

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

}  // namespace
}  // namespace ns::testing
