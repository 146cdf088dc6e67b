// What not every engine has: the daemon of engine-buildkit.
#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>

#include "builder_process.h"
#include "engine_test.h"

namespace ns::engines {
namespace {

class Buildkit : public EngineTest {
 protected:
  pid_t Daemon() const {
    const std::string found =
        Shell("pgrep -f 'buildkit[d] --config " + SharedInstallation().Data("buildkit") + "/'");
    return std::atoi(found.c_str());
  }
};

TEST_P(Buildkit, DaemonKilledMeanwhile_IsThePlatformsFaultAndTheNextBuildHasAnother) {
  Dockerfile("RUN echo working; sleep 4325\n");
  Plugin();
  auto running = std::async(std::launch::async, [&] { return Run(); });
  ASSERT_TRUE(Until([&] { return Runs("sleep 4325"); })) << Log();
  ::kill(Daemon(), SIGKILL);
  const Outcome outcome = running.get();
  EXPECT_EQ(outcome.reason, "EngineUnavailable") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kPlatform);
  EXPECT_FALSE(Runs("sleep 4325"));
  Dockerfile("RUN true\n");
  EXPECT_EQ(Run().reason, "") << Log();
  ExpectNothingLeft();
}

TEST_P(Buildkit, Cache_IsBoundedAfterEachBuild) {
  Configure(R"({"memory":"300M","timeout":"60s","cache":"24M"})");
  const AppId first = job_.app;
  const std::string size = "du -sk " + SharedInstallation().Data("buildkit") +
                           "/root/runc-overlayfs/snapshots/snapshots";
  for (int number = 1; number <= 5; ++number) {
    job_.app = AppId(first.str() + "v" + std::to_string(number));
    SetBuild(job_.build.str() + "v");
    Dockerfile(
        "RUN --mount=type=cache,target=/c dd if=/dev/zero of=/c/it bs=1M count=3; "
        "dd if=/dev/zero of=/big bs=1M count=10; echo " +
        std::to_string(number) + " > /number\n");
    ASSERT_EQ(Run().reason, "") << Log();
    EXPECT_TRUE(Until([&] { return std::atoi(Shell(size).c_str()) <= 26 << 10; }, seconds(5)))
        << Shell(size);
  }
  SetBuild(job_.build.str() + "v");
  ASSERT_EQ(Run().reason, "");
  EXPECT_THAT(Log(), testing::HasSubstr("CACHED")) << "the newest stays";
}

TEST_P(Buildkit, Daemon_IsAdoptedByTheNextHost) {
  Dockerfile("RUN true\n");
  ASSERT_EQ(Run().reason, "") << Log();
  const pid_t before = Daemon();
  EXPECT_GT(before, 0);
  Configure(R"({"memory":"200M","timeout":"30s"})");
  ASSERT_EQ(Run().reason, "") << Log();
  EXPECT_EQ(Daemon(), before);
}

// A step of a Dockerfile that says itself what marks a build is in no other's cgroup, and limited.
TEST_P(Buildkit, StepThatClaimsAnotherBuild_IsLimitedAllTheSame) {
  Configure(R"({"memory":"128M","timeout":"60s"})");
  if (!Plugin().engine().Abilities().memory_limit) GTEST_SKIP() << "no limit can be held";
  Dockerfile(
      "ENV NO_PROXY=nsbuild.nosuchbuild.x.invalid\nRUN cat /proc/self/cgroup; "
      "dd if=/dev/zero of=/dev/null bs=600M count=1\n");
  const Outcome outcome = Run();
  EXPECT_NE(outcome.reason, "") << Log();
  EXPECT_EQ(outcome.fault, Fault::kSource);
}

class Orphans : public EngineTest {};

TEST_P(Orphans, OfAKilledBuilder_AreEndedByTheNextOneAndNoOthers) {
  Dockerfile("RUN sleep 4333\n");
  RunInAKilledBuilder([] { return Runs("sleep 4333"); });
  const ports::EngineJob dead = job_;
  job_.app = AppId(job_.app.str() + "x");
  SetBuild(job_.build.str() + "x");
  Dockerfile("RUN sleep 4334\n");
  const pid_t alive = StartBuilder(SharedInstallation().folder(), engine_, config_, job_);
  ASSERT_TRUE(Until([] { return Runs("sleep 4334"); }));
  EXPECT_FALSE(Runs("sleep 4333"));
  Plugin();
  EXPECT_TRUE(Runs("sleep 4334"));
  ::kill(alive, SIGKILL);
  ::waitpid(alive, nullptr, 0);
  plugin_.reset();
  Plugin();
  EXPECT_TRUE(Until([] { return !Runs("sleep 4334"); }));
  ExpectNothingLeft();
  job_.build = dead.build;
  ExpectNothingLeft();
}

INSTANTIATE_TEST_SUITE_P(Own, Orphans, testing::Values("docker", "buildkit"), NameOfEngine);

class DockerfilesAlone : public EngineTest {};

TEST_P(DockerfilesAlone, PlanOfBuildpacks_IsRefused) {
  EXPECT_FALSE(Plugin().engine().Abilities().buildpack);
  job_.plan = ports::BuildPlan();
  job_.plan.builder = "builders/base:1";
  job_.plan.platform_api = "0.12";
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "Unsupported") << Log();
  EXPECT_EQ(outcome.fault, Fault::kOperator);
  EXPECT_THAT(outcome.message, testing::HasSubstr("builders/base:1"));
  ExpectNothingLeft();
}

INSTANTIATE_TEST_SUITE_P(Own, DockerfilesAlone, testing::Values("buildkit", "buildah"),
                         NameOfEngine);
INSTANTIATE_TEST_SUITE_P(Own, Buildkit, testing::Values("buildkit"), NameOfEngine);

}  // namespace
}  // namespace ns::engines
