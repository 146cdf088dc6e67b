// What not every engine has: the daemon of engine-buildkit, the stores of engine-buildah.
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

class Buildah : public EngineTest {};

TEST_P(Buildah, Cache_IsBounded) {
  Configure(R"({"memory":"300M","timeout":"60s","cache":"24M"})");
  const AppId first = job_.app;
  for (int number = 1; number <= 4; ++number) {
    job_.app = AppId(first.str() + "v" + std::to_string(number));
    SetBuild(job_.build.str() + "v");
    Dockerfile("RUN dd if=/dev/zero of=/big bs=1M count=10; echo " + std::to_string(number) +
               " > /number\n");
    ASSERT_EQ(Run().reason, "") << Log();
  }
  const std::string size =
      Shell("du -sk " + SharedInstallation().Data("buildah") + "/slot1/store/overlay");
  EXPECT_LE(std::atoi(size.c_str()), 26 << 10);
  EXPECT_GE(std::atoi(size.c_str()), 10 << 10) << "the newest stays";
}

// After a restart of the machine what was in memory is gone.
TEST_P(Buildah, StoreWhoseContainersAreGone_BeginsAnew) {
  Dockerfile("RUN true\n");
  ASSERT_EQ(Run().reason, "") << Log();
  const fs::path link = SharedInstallation().Data("buildah") + "/slot1/store/overlay-containers";
  fs::remove_all(fs::read_symlink(link).parent_path());
  EXPECT_EQ(Run().reason, "") << Log();
}

TEST_P(Buildah, ChrootIsolation_BuildsAndHoldsTheLimits) {
  Configure(R"({"isolation":"chroot","memory":"300M","timeout":"60s"})");
  Dockerfile("RUN echo ran-$((40+2))\n");
  EXPECT_EQ(Run().reason, "") << Log();
  Configure(R"({"isolation":"chroot","memory":"128M","timeout":"60s"})");
  Dockerfile("RUN dd if=/dev/zero of=/dev/null bs=600M count=1\n");
  EXPECT_EQ(Run().reason, "OutOfMemory") << Log();
  Configure(R"({"isolation":"chroot","memory":"300M","timeout":"3s"})");
  Dockerfile("RUN (sleep 4326 &); sleep 4327\n");
  EXPECT_EQ(Run().reason, "TimedOut") << Log();
  EXPECT_FALSE(Runs("sleep 4326") || Runs("sleep 4327"));
  ExpectNothingLeft();
}

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
INSTANTIATE_TEST_SUITE_P(Own, Buildah, testing::Values("buildah"), NameOfEngine);

}  // namespace
}  // namespace ns::engines
