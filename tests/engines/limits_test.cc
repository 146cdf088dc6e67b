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

// Whoever takes the log may stand still: the build is ended in time all the same.
TEST_P(Limits, LogThatNobodyTakes_KeepsNoBuildAlive) {
  Configure(R"({"timeout":"4s"})");
  Dockerfile("RUN echo said-$((40+2)); while true; do echo more; sleep 4329; done\n");
  std::promise<void> open;
  const auto opened = open.get_future().share();
  std::string taken;
  auto running = std::async(std::launch::async, [&] {
    return Plugin().engine().Run({}, job_, [&](std::string_view text) {
      opened.wait();
      taken += text;
    });
  });
  EXPECT_TRUE(Until([&] { return Runs("sleep 4329"); }));
  EXPECT_TRUE(Until([&] { return !Runs("sleep 4329"); }, seconds(10)));
  open.set_value();
  EXPECT_EQ(running.get().status().reason(), "TimedOut");
  EXPECT_THAT(taken, HasSubstr("said-42"));
  ExpectNothingLeft();
}

TEST_P(Limits, TooLongAPush_IsToldAsTimedOutAndLeavesNothing) {
  const SilentRegistry registry;
  Configure(R"({"timeout":"5s"})");
  Dockerfile("RUN true\n");
  SetAttempt(1, registry.address());
  const auto began = SteadyClock::now();
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "TimedOut") << outcome.message << Log();
  EXPECT_TRUE(registry.Asked()) << Log();
  EXPECT_LT(SteadyClock::now() - began, seconds(15));
  ExpectNothingLeft();
}

TEST_P(Limits, TooLongAPull_IsToldAsTimedOut) {
  const SilentRegistry registry;
  Configure(R"({"timeout":"3s"})");
  File("Dockerfile", "FROM " + registry.address() + "/a/b:1\nRUN true\n");
  const auto began = SteadyClock::now();
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "TimedOut") << outcome.message << Log();
  EXPECT_TRUE(registry.Asked()) << Log();
  EXPECT_LT(SteadyClock::now() - began, seconds(15));
  ExpectNothingLeft();
}

TEST_P(Limits, CancelledWhileItWaitsForASlot_EndsAtOnce) {
  Configure(R"({"memory":"300M","timeout":"60s","concurrency":1})");
  Dockerfile("RUN sleep 4328\n");
  Plugin();
  std::stop_source first, second;
  auto running = std::async(std::launch::async, [&] { return Run(first.get_token()); });
  ASSERT_TRUE(Until([&] { return Runs("sleep 4328"); })) << Log();
  ports::EngineJob waiting = job_;
  waiting.app = AppId(job_.app.str() + "x");
  waiting.build = BuildId(job_.build.str() + "x");
  auto waits = std::async(std::launch::async, [&] {
    return Plugin().engine().Run({second.get_token(), {}}, waiting, [](std::string_view) {});
  });
  EXPECT_EQ(waits.wait_for(std::chrono::milliseconds(500)), std::future_status::timeout);
  const auto began = SteadyClock::now();
  second.request_stop();
  EXPECT_EQ(waits.get().status().reason(), "Cancelled");
  EXPECT_LT(SteadyClock::now() - began, seconds(2));
  EXPECT_TRUE(Runs("sleep 4328")) << "the other goes on";
  first.request_stop();
  EXPECT_EQ(running.get().reason, "Cancelled");
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

TEST_P(Limits, MemoryOfStepsSideBySide_CountsTogether) {
  if (Is("buildah")) GTEST_SKIP() << "buildah runs one step after the other";
  Configure(R"({"memory":"160M","timeout":"60s"})");
  if (!Held()) GTEST_SKIP() << "the limit cannot be held on this machine, and the engine says so";
  const std::string from = "FROM " + Environment("NS_TEST_BASE");
  const std::string step = "\nRUN dd if=/dev/zero of=/dev/null bs=100M count=300; echo ";
  File("Dockerfile",
       from + " AS one" + step + "one > /one\n" + from + step + "two\nCOPY --from=one /one /\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "OutOfMemory") << outcome.message << Log();
  ExpectNothingLeft();
}

// What a command makes of its environment does not take it out of the limits.
TEST_P(Limits, MemoryOfACommandWithoutEnvironment_IsLimited) {
  Configure(R"({"memory":"128M","timeout":"60s"})");
  if (!Held()) GTEST_SKIP() << "the limit cannot be held on this machine, and the engine says so";
  Dockerfile(
      "RUN [\"/bin/env\", \"-i\", \"A=b\", \"/bin/dd\", \"if=/dev/zero\", \"of=/dev/null\", "
      "\"bs=600M\", \"count=1\"]\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "OutOfMemory") << outcome.message << Log();
  ExpectNothingLeft();
}

TEST_P(Limits, TooMuchOnTheDisk_IsKilledAndToldWithItsLimit) {
  Configure(R"({"disk":"48M","timeout":"60s"})");
  if (!Held()) GTEST_SKIP() << "the limit cannot be held on this machine, and the engine says so";
  Dockerfile(
      "RUN dd if=/dev/zero of=/one bs=1M count=30; sleep 1\n"  // long enough to be seen
      "RUN dd if=/dev/zero of=/two bs=1M count=30; sleep 4332\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "OutOfDisk") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kSource);
  EXPECT_THAT(outcome.message, HasSubstr("48 MiB"));
  EXPECT_FALSE(Runs("sleep 4332"));
  ExpectNothingLeft();
}

// With buildah what a step has written is on the disk twice while its layer is made.
TEST_P(Limits, LessOnTheDisk_IsFine) {
  Configure(std::string(R"({"timeout":"60s","disk":)") +
            (Is("buildah") ? R"("128M"})" : R"("48M"})"));
  Dockerfile("RUN dd if=/dev/zero of=/one bs=1M count=30; sleep 1\nRUN rm /one; sleep 1\n");
  EXPECT_EQ(Run().reason, "") << Log();
}

TEST_P(Limits, ALittleMemory_IsFine) {
  Configure(R"({"memory":"128M","timeout":"60s"})");
  Dockerfile("RUN dd if=/dev/zero of=/dev/null bs=32M count=1\n");
  EXPECT_EQ(Run().reason, "") << Log();
}

TEST_P(Limits, TooManyProcesses_AreRefusedByTheKernel) {
  const std::string key = Is("docker") ? "pids" : "processes";
  Configure("{\"" + key + R"(":40,"timeout":"60s"})");
  Dockerfile("RUN i=0; while [ $i -lt 100 ]; do sleep 5 & i=$((i+1)); done; echo all-$((40+2))\n");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "CommandFailed") << outcome.message << Log();
  EXPECT_THAT(Log(), testing::Not(HasSubstr("all-42")));
  ExpectNothingLeft();
}

// The step goes on until that has been seen, however fast or slow the machine is.
TEST_P(Limits, Cpu_IsThatOfTheConfiguration) {
  Configure(R"({"cpus":0.25,"timeout":"60s"})");
  if (!Held()) GTEST_SKIP() << "the limit cannot be held on this machine, and the engine says so";
  Dockerfile("RUN while true; do :; done\n");
  const std::string root =
      fs::exists("/sys/fs/cgroup/cpu") ? "/sys/fs/cgroup/cpu" : "/sys/fs/cgroup";
  const std::string of_build =
      Is("buildkit") ? "*/neoshowcase-buildkit-*/app-*" : "*/" + job_.build.str() + "/*";
  std::stop_source cancel;
  auto running = std::async(std::launch::async, [&] { return Run(cancel.get_token()); });
  EXPECT_TRUE(Until(
      [&] {
        return Shell("find " + root + " -name cpu.stat -path '" + of_build +
                     "' -exec grep -sh '^nr_throttled [1-9]' {} +")
            .starts_with("nr_throttled");
      },
      seconds(50)));
  cancel.request_stop();
  EXPECT_EQ(running.get().reason, "Cancelled") << Log();
}

NS_ON_EVERY_ENGINE(Limits);

// The same of a site: nothing of it is given, and nothing stays.
class LimitsOfASite : public Limits {
 protected:
  void ExpectNothingGiven() {
    EXPECT_EQ(tar_, "");
    ExpectNothingLeft();
  }
};

TEST_P(LimitsOfASite, TooMuchMemory) {
  Configure(R"({"memory":"128M","timeout":"60s"})");
  if (!Held()) GTEST_SKIP() << "the limit cannot be held on this machine, and the engine says so";
  Commands("dd if=/dev/zero of=/dev/null bs=600M count=1\nmkdir dist", "dist");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "OutOfMemory") << outcome.message << Log();
  EXPECT_EQ(outcome.fault, Fault::kSource);
  ExpectNothingGiven();
}

TEST_P(LimitsOfASite, TooLong) {
  Configure(R"({"timeout":"4s"})");
  Commands("mkdir dist\nsleep 4335", "dist");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "TimedOut") << outcome.message << Log();
  EXPECT_FALSE(Runs("sleep 4335"));
  ExpectNothingGiven();
}

TEST_P(LimitsOfASite, Cancelled) {
  Commands("mkdir dist\nsleep 4336", "dist");
  std::stop_source cancel;
  auto running = std::async(std::launch::async, [&] { return Run(cancel.get_token()); });
  ASSERT_TRUE(Until([] { return Runs("sleep 4336"); })) << Log();
  cancel.request_stop();
  EXPECT_EQ(running.get().reason, "Cancelled");
  EXPECT_FALSE(Runs("sleep 4336"));
  ExpectNothingGiven();
}

TEST_P(LimitsOfASite, FolderThatIsTooMuchForTheDisk) {
  Configure(R"({"disk":"24M","timeout":"60s"})");
  Commands("mkdir dist\ndd if=/dev/zero of=dist/a bs=1M count=15\ncp dist/a dist/b", "dist");
  const Outcome outcome = Run();
  EXPECT_EQ(outcome.reason, "OutOfDisk") << outcome.message << Log();
  EXPECT_THAT(outcome.message, HasSubstr("24 MiB"));
  ExpectNothingLeft();
}

NS_ON_EVERY_ENGINE(LimitsOfASite);

}  // namespace
}  // namespace ns::engines
