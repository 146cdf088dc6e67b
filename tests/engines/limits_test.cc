// Time, memory, CPU, processes, and cancellation in each phase.
#include "engine_test.h"

namespace ns::engines {
namespace {

using testing::HasSubstr;

class Limits : public EngineTest {
 protected:
  // Both may be of another machine than the tests'.
  bool Held() {
    if (Plugin().engine().Abilities().memory_limit) return true;
    return false;
  }
};

TEST_P(Limits, CancelledBefore_StartsNothing) {
  Dockerfile("RUN echo ran\n");
  std::stop_source cancel;
  cancel.request_stop();
  EXPECT_EQ(Run(cancel.get_token()).reason, "Cancelled");
  EXPECT_THAT(Log(), testing::Not(HasSubstr("ran\n")));
  ExpectNothingLeft();
}

TEST_P(Limits, CancelledDuringAStep_EndsTheCommandAndLeavesNothing) {
  Dockerfile("RUN echo started-$((40+2)); (sleep 4320 &); sleep 4321\n");
  Plugin();
  std::stop_source cancel;
  auto running = std::async(std::launch::async, [&] { return Run(cancel.get_token()); });
  ASSERT_TRUE(Until([&] { return Runs("sleep 4321") && Runs("sleep 4320"); })) << Log();
  const auto began = SteadyClock::now();
  cancel.request_stop();
  const Outcome outcome = running.get();
  EXPECT_FALSE(Runs("sleep 4321"));
  EXPECT_FALSE(Runs("sleep 4320"));
  EXPECT_LT(SteadyClock::now() - began, seconds(5));
  EXPECT_EQ(outcome.reason, "Cancelled") << outcome.message;
  EXPECT_THAT(Log(), HasSubstr("started-42"));
  ExpectNothingLeft();
}

TEST_P(Limits, CancelledDuringThePush_EndsAndLeavesNothing) {
  const SilentRegistry registry;
  Dockerfile("RUN true\n");
  SetAttempt(1, registry.address());
  Plugin();
  std::stop_source cancel;
  auto running = std::async(std::launch::async, [&] { return Run(cancel.get_token()); });
  ASSERT_TRUE(Until([&] { return registry.Asked(); }, seconds(10))) << Log();
  const auto began = SteadyClock::now();
  cancel.request_stop();
  EXPECT_EQ(running.get().reason, "Cancelled");
  EXPECT_LT(SteadyClock::now() - began, seconds(5));
  ExpectNothingLeft();
}

TEST_P(Limits, CancelledDuringThePullOfItsBase_Ends) {
  const SilentRegistry registry;
  File("Dockerfile", "FROM " + registry.address() + "/a/b:1\nRUN true\n");
  Plugin();
  std::stop_source cancel;
  auto running = std::async(std::launch::async, [&] { return Run(cancel.get_token()); });
  ASSERT_TRUE(Until([&] { return registry.Asked(); }, seconds(10))) << Log();
  const auto began = SteadyClock::now();
  cancel.request_stop();
  EXPECT_EQ(running.get().reason, "Cancelled");
  EXPECT_LT(SteadyClock::now() - began, seconds(5));
  ExpectNothingLeft();
}

TEST_P(Limits, TooLong_IsKilledAndToldAsTimedOut) {
  Configure(R"({"timeout":"3s"})");
  Dockerfile("RUN echo waiting; sleep 4322\n");
  const auto began = SteadyClock::now();
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "TimedOut") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kSource);
  EXPECT_LT(SteadyClock::now() - began, seconds(10));
  EXPECT_FALSE(Runs("sleep 4322"));
  ExpectNothingLeft();
}

TEST_P(Limits, TooMuchMemory_IsKilledAndToldAsOutOfMemory) {
  Configure(R"({"memory":"128M","timeout":"60s"})");
  if (!Held()) GTEST_SKIP() << "the limit cannot be held on this machine, and the engine says so";
  Dockerfile("RUN dd if=/dev/zero of=/dev/null bs=600M count=1; sleep 1\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "OutOfMemory") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kSource);
  ExpectNothingLeft();
}

// A step that goes on after the kernel has ended a part of it is no success that nobody can
// explain.
TEST_P(Limits, TooMuchMemoryOfAPart_IsToldToo) {
  Configure(R"({"memory":"128M","timeout":"60s"})");
  if (!Held()) GTEST_SKIP() << "the limit cannot be held on this machine, and the engine says so";
  Dockerfile("RUN (dd if=/dev/zero of=/dev/null bs=600M count=1; true) || true; sleep 2; exit 3\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "OutOfMemory") << outcome.message << Log();
}

TEST_P(Limits, ALittleMemory_IsFine) {
  Configure(R"({"memory":"128M","timeout":"60s"})");
  Dockerfile("RUN dd if=/dev/zero of=/dev/null bs=32M count=1\n");
  EXPECT_EQ(Run().reason, "") << Log();
}

TEST_P(Limits, TooManyProcesses_AreRefusedByTheKernel) {
  if (Is("docker")) GTEST_SKIP() << "BuildKit in dockerd takes no such limit";
  Configure(R"({"processes":40,"timeout":"60s"})");
  Dockerfile("RUN i=0; while [ $i -lt 100 ]; do sleep 5 & i=$((i+1)); done; echo all-$((40+2))\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "CommandFailed") << outcome.message << Log();
  EXPECT_THAT(Log(), testing::Not(HasSubstr("all-42")));
  ExpectNothingLeft();
}

TEST_P(Limits, Cpu_IsThatOfTheConfiguration) {
  Configure(R"({"cpus":0.25,"timeout":"60s"})");
  if (!Held()) GTEST_SKIP() << "the limit cannot be held on this machine, and the engine says so";
  Dockerfile("RUN i=0; while [ $i -lt 500000 ]; do i=$((i+1)); done\n");
  Plugin();
  const std::string root =
      fs::exists("/sys/fs/cgroup/cpu") ? "/sys/fs/cgroup/cpu" : "/sys/fs/cgroup";
  auto running = std::async(std::launch::async, [&] { return Run(); });
  std::string throttled;
  Until([&] {
    // The limit stands at the step's cgroup or at that of the build, above it.
    throttled = Shell("find " + root + " -name cpu.stat -path '*" +
                      std::string(Is("docker") ? "/buildkit/*" : "/" + job_.build.str() + "/*") +
                      "' -exec grep -sh '^nr_throttled [1-9]' {} +");
    return throttled.starts_with("nr_throttled") ||
           running.wait_for(seconds(0)) == std::future_status::ready;
  });
  EXPECT_THAT(throttled, HasSubstr("nr_throttled "));
  EXPECT_EQ(running.get().reason, "") << Log();
}

NS_ON_EVERY_ENGINE(Limits);

}  // namespace
}  // namespace ns::engines
