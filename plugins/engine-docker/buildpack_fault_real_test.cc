// Buildpacks on a real Docker daemon: what goes wrong, and whose fault it is.
#include "buildpack_world.h"

namespace ns::engine_docker {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(EngineBuildpack, SiteFolderThatIsWrong_IsTheSourcesFault) {
  File("build.sh", "echo page > file; ln -s / out; ln -s file/x odd\n");
  const std::tuple<const char*, const char*> cases[] = {{"dist", NS_REASON_ARTIFACT_MISSING},
                                                        {"file", NS_REASON_ARTIFACT_NO_FOLDER},
                                                        {"out/etc", NS_REASON_PATH_OUTSIDE_SOURCE}};
  DockerEngine engine = Engine(kPlain);
  for (const auto& [path, reason] : cases) {
    Site(path);
    const Outcome outcome = Run(engine);
    EXPECT_EQ(outcome.reason, reason) << outcome.message;
    EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
    ExpectNothingLeft();
    NextBuild();
  }
}

TEST_F(EngineBuildpack, NoBuildpackFits_IsTheSourcesFaultAndSaysWhichWereTried) {
  File("README.md", "");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_NO_BUILDPACK_FITS) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_THAT(outcome.message,
              HasSubstr("(tried: test/script@1, test/cached@1, test/failing@1, test/procfile@1)"));
  ExpectNothingLeft();
}

TEST_F(EngineBuildpack, BuildpackThatBreaksWhileItLooks_IsSaid) {
  File("fail-detect", "");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_NO_BUILDPACK_FITS) << outcome.message;
  EXPECT_THAT(outcome.message, HasSubstr("one failed while it looked"));
  EXPECT_THAT(Log(), HasSubstr("cannot look\n"));
}

TEST_F(EngineBuildpack, BuildpackThatFails_IsTheSourcesFaultWithItsLastWords) {
  File("fail", "7\n");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_COMMAND_FAILED);
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("exit status 7"));
  EXPECT_THAT(outcome.message, HasSubstr("about to fail | no rule to make it"));
  EXPECT_EQ(DigestInRegistry(), "");
  ExpectNothingLeft();
}

class EngineBuildpackPhase : public EngineBuildpack {
 protected:
  // Cancels as soon as `begun`, and expects that nothing of it runs or stays.
  void CancelWhen(const std::function<bool()>& begun) {
    DockerEngine engine = Engine(kPlain);
    StoppableCall cancel;
    auto running = std::async(std::launch::async, [&] { return Run(engine, cancel.call()); });
    EXPECT_TRUE(Until(begun)) << Log();
    const auto began = Clock::now();
    cancel.Stop();
    const Outcome outcome = running.get();
    EXPECT_LT(Clock::now() - began, seconds(5));
    EXPECT_EQ(outcome.reason, NS_REASON_CANCELLED) << outcome.message;
    EXPECT_EQ(DigestInRegistry(), "");
    ExpectNothingLeft();
  }
  bool Logged(const std::string& words) { return Log().find(words) != std::string::npos; }
};

TEST_F(EngineBuildpackPhase, Cancelled_InDetect) {
  File("detect.sh", "sleep 4331\n");
  CancelWhen([] { return Runs("sleep 4331"); });
  EXPECT_FALSE(Runs("sleep 4331"));
}

TEST_F(EngineBuildpackPhase, Cancelled_InBuild) {
  Procfile();
  File("build.sh", "sleep 4332 & sleep 4333\n");
  CancelWhen([] { return Runs("sleep 4332") && Runs("sleep 4333"); });
  EXPECT_FALSE(Runs("sleep 4332"));
  EXPECT_FALSE(Runs("sleep 4333"));
}

TEST_F(EngineBuildpackPhase, Cancelled_InAnalyze) {
  Procfile();
  CancelWhen([&] { return Logged("#analyze"); });
}

TEST_F(EngineBuildpackPhase, Cancelled_InRestore) {
  Procfile();
  CancelWhen([&] { return Logged("#restore"); });
}

TEST_F(EngineBuildpackPhase, Cancelled_InExport) {
  Procfile();
  File("build.sh",
       "dd if=/dev/urandom of=$LAYERS/weight bs=1M count=150 2>/dev/null\n"
       "mkdir $LAYERS/big; mv $LAYERS/weight $LAYERS/big/\n"
       "printf '[types]\\nlaunch = true\\n' > $LAYERS/big.toml\n");
  CancelWhen([&] { return Logged("#export"); });
}

TEST_F(EngineBuildpack, TooLong_IsKilledAndToldAsTimedOut) {
  Procfile();
  File("build.sh", "sleep 4334\n");
  DockerEngine engine = Engine(R"({"timeout":"6s"})");
  const auto began = Clock::now();
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_TIMED_OUT) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  EXPECT_LT(Clock::now() - began, seconds(12));
  EXPECT_FALSE(Runs("sleep 4334"));
  ExpectNothingLeft();
}

TEST_F(EngineBuildpack, TooMuchMemory_IsKilledAndToldAsOutOfMemory) {
  Procfile();
  File("build.sh", "dd if=/dev/zero of=/dev/null bs=600M count=1\n");
  DockerEngine engine = Engine(R"({"memory":"128M","timeout":"120s"})");
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_OUT_OF_MEMORY) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kSource);
  ExpectNothingLeft();
}

TEST_F(EngineBuildpack, TooManyProcesses_AreNotStarted) {
  Procfile();
  File("build.sh",
       "i=0; while [ $i -lt 100 ]; do sleep 4335 >/dev/null 2>&1 & i=$((i+1)); done; wait\n");
  DockerEngine engine = Engine(R"({"pids":40,"timeout":"120s"})");
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_COMMAND_FAILED) << outcome.message << Log();
  EXPECT_FALSE(Runs("sleep 4335"));
}

TEST_F(EngineBuildpack, RegistryDown_IsThePlatformsFault) {
  Procfile();
  SetAttempt(1, "127.0.0.1:1");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_REGISTRY_UNAVAILABLE) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
  ExpectNothingLeft();
}

TEST_F(EngineBuildpack, RegistryThatRefuses_IsTheOperatorsFault) {
  Procfile();
  job_.push_password = "wrong-password-1";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_REGISTRY_UNAVAILABLE) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kOperator);
  EXPECT_THAT(outcome.message + Log(), Not(HasSubstr("wrong-password-1")));
}

TEST_F(EngineBuildpack, RunImageThatIsNotThere_IsTheOperatorsFault) {
  Procfile();
  job_.plan.run_image = Environment("NS_TEST_REGISTRY") + "/no/such:1";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kOperator);
}

TEST_F(EngineBuildpack, BuilderThatIsNotThere_IsTheOperatorsFault) {
  Procfile();
  job_.plan.builder = Environment("NS_TEST_REGISTRY") + "/no/such:1";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kOperator);
  EXPECT_THAT(outcome.message, HasSubstr("/no/such:1"));
}

TEST_F(EngineBuildpack, BuilderBehindARegistryThatIsDown_IsThePlatformsFault) {
  Procfile();
  job_.plan.builder = "127.0.0.1:1/nobody/builder:1";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
}

TEST_F(EngineBuildpack, PlanThatNamesNoImage_IsADefect) {
  Procfile();
  job_.plan.builder += "/json?x=";
  DockerEngine engine = Engine(kPlain);
  EXPECT_EQ(Run(engine).reason, NS_REASON_DEFECT);
}

TEST_F(EngineBuildpack, ImageThatIsNoBuilder_IsTheOperatorsFault) {
  Procfile();
  job_.plan.builder = Environment("NS_TEST_BASE");
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_BASE_IMAGE_UNAVAILABLE) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kOperator);
}

TEST_F(EngineBuildpack, PlatformApiThatTheLifecycleDoesNotKnow_IsTheOperatorsFault) {
  Procfile();
  job_.plan.platform_api = "0.99";
  DockerEngine engine = Engine(kPlain);
  const Outcome outcome = Run(engine);
  EXPECT_EQ(outcome.reason, NS_REASON_UNSUPPORTED) << outcome.message;
  EXPECT_EQ(outcome.fault, sdk::Fault::kOperator);
  EXPECT_THAT(outcome.message, HasSubstr("0.99"));
}

class EngineBuildpackOrphan : public EngineBuildpack {
 protected:
  // A builder is killed while its buildpacks build.
  void LeaveARun() {
    Procfile();
    File("build.sh", "sleep 4336\n");
    const pid_t builder = ::fork();
    if (builder == 0) {
      DockerEngine engine = Engine(kPlain);
      Run(engine);
      ::_exit(0);
    }
    ASSERT_TRUE(Until([&] { return Runs("sleep 4336"); }));
    ::kill(builder, SIGKILL);
    ::waitpid(builder, nullptr, 0);
    EXPECT_NE(ContainersLeft(), "");
  }
};

TEST_F(EngineBuildpackOrphan, IsFoundAndEndedByAbort) {
  LeaveARun();
  DockerEngine engine = Engine(kPlain);
  engine.Abort(sdk::Call(), job_.build + "other");
  EXPECT_TRUE(Runs("sleep 4336"));
  engine.Abort(sdk::Call(), job_.build);
  EXPECT_FALSE(Runs("sleep 4336"));
  ExpectNothingLeft();
  engine.Abort(sdk::Call(), job_.build);
}

TEST_F(EngineBuildpackOrphan, IsEndedByTheNextHost) {
  LeaveARun();
  DockerEngine engine = Engine(kPlain);
  engine.Activate(sdk::Call());
  EXPECT_FALSE(Runs("sleep 4336"));
  ExpectNothingLeft();
}

// The last suite: nothing works after it.
class EngineBuildpackWithoutDaemon : public EngineBuildpackPhase {};

TEST_F(EngineBuildpackWithoutDaemon, IsThePlatformsFault) {
  const int daemon = std::atoi(Environment("NS_TEST_OWN_DOCKERD").c_str());
  if (daemon <= 0) GTEST_SKIP() << "the Docker daemon is not this test's own to kill";
  Procfile();
  File("build.sh", "echo working; sleep 4337\n");
  DockerEngine engine = Engine(kPlain);
  auto running = std::async(std::launch::async, [&] { return Run(engine); });
  ASSERT_TRUE(Until([&] { return Runs("sleep 4337"); }));
  ::kill(daemon, SIGKILL);
  const Outcome outcome = running.get();
  EXPECT_EQ(outcome.reason, NS_REASON_ENGINE_UNAVAILABLE) << outcome.message << Log();
  EXPECT_EQ(outcome.fault, sdk::Fault::kPlatform);
}

}  // namespace
}  // namespace ns::engine_docker
