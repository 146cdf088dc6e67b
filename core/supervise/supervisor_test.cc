#include "supervise/supervisor.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/failpoint.h"

namespace ns::supervise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    char name[] = "/tmp/ns-supervise-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~SupervisorTest() override {
    EXPECT_TRUE(Supervisor::StopAll(folder_, SystemClock()).ok());
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<Supervisor> New() { return std::make_unique<Supervisor>(folder_, SystemClock()); }

  // A program that no other process on the machine looks like.
  HelperSpec Sleeper(const std::string& name = "sleeper") const {
    HelperSpec spec;
    spec.name = name;
    spec.argv = {"/bin/sleep", Mark(name)};
    return spec;
  }
  std::string Mark(const std::string& name) const {
    return "86400." + std::to_string(::getpid()) + std::to_string(name.size());
  }

  HelperSpec Script(const std::string& script) const {
    HelperSpec spec;
    spec.name = "script";
    spec.argv = {"/bin/sh", "-c", script};
    return spec;
  }

  static void TickUntil(Supervisor& supervisor, const std::function<bool()>& done) {
    const Duration end = SystemClock().Monotonic() + seconds(20);
    while (!done() && SystemClock().Monotonic() < end) supervisor.Tick(milliseconds(50));
    EXPECT_TRUE(done());
  }

  // Processes with `word` as an argument.
  static std::set<pid_t> Running(const std::string& word) {
    std::set<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const int pid = std::atoi(entry.path().filename().c_str());
      std::ifstream file(entry.path() / "cmdline");
      std::string line;
      std::getline(file, line);
      if (pid > 0 && line.find(word) != std::string::npos) found.insert(pid);
    }
    return found;
  }

  std::string folder_;
};

TEST_F(SupervisorTest, Ensure_StartsAndTheNextSupervisorAdopts) {
  auto first = New();
  ASSERT_TRUE(first->Ensure(Sleeper(), seconds(20)).ok());
  const HelperState before = first->State("sleeper");
  EXPECT_EQ(before.phase, HelperPhase::kRunning);
  EXPECT_FALSE(before.adopted);
  first.reset();
  auto second = New();
  EXPECT_EQ(second->State("sleeper").pid, before.pid)
      << "known by its record before anyone asks for it";
  EXPECT_EQ(second->State("sleeper").phase, HelperPhase::kRunning);
  ASSERT_TRUE(second->Ensure(Sleeper(), seconds(20)).ok());
  const HelperState after = second->State("sleeper");
  EXPECT_EQ(after.pid, before.pid);
  EXPECT_TRUE(after.adopted);
  EXPECT_EQ(after.restarts, 0);
  EXPECT_EQ(Running(Mark("sleeper")), std::set<pid_t>{before.pid});
}

TEST_F(SupervisorTest, Tick_RestartsWhatWasKilled) {
  auto supervisor = New();
  ASSERT_TRUE(supervisor->Ensure(Sleeper(), seconds(20)).ok());
  const pid_t before = supervisor->State("sleeper").pid;
  ::kill(before, SIGKILL);
  TickUntil(*supervisor,
            [&] { return supervisor->State("sleeper").phase == HelperPhase::kBackingOff; });
  EXPECT_NE(supervisor->State("sleeper").problem.message().find("killed by signal 9"),
            std::string::npos);
  TickUntil(*supervisor,
            [&] { return supervisor->State("sleeper").phase == HelperPhase::kRunning; });
  EXPECT_EQ(supervisor->State("sleeper").restarts, 1);
  EXPECT_NE(supervisor->State("sleeper").pid, before);
  EXPECT_EQ(Running(Mark("sleeper")).size(), 1U);
}

TEST_F(SupervisorTest, Tick_RestartsAnAdoptedOneThatWasKilled) {
  ASSERT_TRUE(New()->Ensure(Sleeper(), seconds(20)).ok());
  auto supervisor = New();
  ASSERT_TRUE(supervisor->Ensure(Sleeper(), seconds(20)).ok());
  ::kill(supervisor->State("sleeper").pid, SIGKILL);
  TickUntil(*supervisor, [&] { return supervisor->State("sleeper").restarts == 1; });
  EXPECT_EQ(supervisor->State("sleeper").adopted, false);
}

TEST_F(SupervisorTest, Ensure_WithAnotherConfiguration_Restarts) {
  auto supervisor = New();
  ASSERT_TRUE(supervisor->Ensure(Sleeper(), seconds(20)).ok());
  const pid_t before = supervisor->State("sleeper").pid;
  HelperSpec changed = Sleeper();
  changed.config_hash = "2";
  ASSERT_TRUE(supervisor->Ensure(changed, seconds(20)).ok());
  const pid_t after = supervisor->State("sleeper").pid;
  EXPECT_NE(after, before);
  EXPECT_EQ(Running(Mark("sleeper")), std::set<pid_t>{after});
  ASSERT_TRUE(supervisor->Ensure(changed, seconds(20)).ok());
  EXPECT_EQ(supervisor->State("sleeper").pid, after);
}

TEST_F(SupervisorTest, TwoSupervisors_StartOneAndBothSeeItsRestart) {
  auto first = New(), second = New();
  ASSERT_TRUE(first->Ensure(Sleeper(), seconds(20)).ok());
  ASSERT_TRUE(second->Ensure(Sleeper(), seconds(20)).ok());
  EXPECT_EQ(first->State("sleeper").pid, second->State("sleeper").pid);
  for (int round = 1; round <= 2; ++round) {
    const pid_t before = first->State("sleeper").pid;
    ::kill(before, SIGKILL);
    const auto both = [&] {
      second->Tick(milliseconds(10));
      const HelperState a = first->State("sleeper"), b = second->State("sleeper");
      return a.phase == HelperPhase::kRunning && b.phase == HelperPhase::kRunning &&
             a.pid == b.pid && a.pid != before;
    };
    TickUntil(*first, both);
    EXPECT_EQ(Running(Mark("sleeper")).size(), 1U);
  }
  EXPECT_EQ(first->State("sleeper").restarts + second->State("sleeper").restarts, 2);
}

TEST_F(SupervisorTest, OlderDescription_LeavesANewerOneAlone) {
  auto old_host = New(), new_host = New();
  ASSERT_TRUE(old_host->Ensure(Sleeper(), seconds(20)).ok());
  HelperSpec changed = Sleeper();
  changed.config_hash = "2";
  ASSERT_TRUE(new_host->Ensure(changed, seconds(20)).ok());
  const pid_t pid = new_host->State("sleeper").pid;
  TickUntil(*old_host, [&] { return old_host->State("sleeper").pid == pid; });
  for (int i = 0; i < 5; ++i) old_host->Tick(milliseconds(20));
  EXPECT_EQ(Running(Mark("sleeper")), std::set<pid_t>{pid});
}

TEST_F(SupervisorTest, Stop_EndsItForEverySupervisorUntilTheNextEnsure) {
  auto first = New(), second = New();
  ASSERT_TRUE(first->Ensure(Sleeper(), seconds(20)).ok());
  ASSERT_TRUE(second->Ensure(Sleeper(), seconds(20)).ok());
  ASSERT_TRUE(first->Stop("sleeper").ok());
  EXPECT_TRUE(Running(Mark("sleeper")).empty());
  TickUntil(*second, [&] { return second->State("sleeper").phase == HelperPhase::kStopped; });
  for (int i = 0; i < 5; ++i) second->Tick(milliseconds(200));
  EXPECT_TRUE(Running(Mark("sleeper")).empty());
  ASSERT_TRUE(second->Ensure(Sleeper(), seconds(20)).ok());
  TickUntil(*first, [&] { return first->State("sleeper").pid == second->State("sleeper").pid; });
  EXPECT_EQ(Running(Mark("sleeper")).size(), 1U);
}

TEST_F(SupervisorTest, Stop_OfAProgramThatIgnoresIt_KillsTheWholeSession) {
  auto supervisor = New();
  HelperSpec stubborn = Script("trap '' TERM; sleep " + Mark("x") + " & wait; wait");
  stubborn.stop_grace = milliseconds(100);
  ASSERT_TRUE(supervisor->Ensure(stubborn, seconds(20)).ok());
  const std::string mark = Mark("x");
  for (int i = 0; i < 200 && Running(mark).size() < 2; ++i) WaitReadable(-1, milliseconds(10));
  ASSERT_EQ(Running(mark).size(), 2U);
  ASSERT_TRUE(supervisor->Stop("script").ok());
  for (int i = 0; i < 200 && !Running(mark).empty(); ++i) WaitReadable(-1, milliseconds(10));
  EXPECT_TRUE(Running(mark).empty());
}

TEST_F(SupervisorTest, Ensure_OfWhatEndsAtOnce_SaysWhatItPrinted) {
  auto supervisor = New();
  HelperSpec checked = Script("echo cannot bind port 80 >&2; exit 3");
  checked.health = [] { return Unavailable("not yet"); };
  const Status failed = supervisor->Ensure(checked, milliseconds(700));
  EXPECT_EQ(failed.code(), Code::kDeadline);
  EXPECT_NE(failed.message().find("exit code 3"), std::string::npos) << failed.message();
  EXPECT_NE(failed.message().find("cannot bind port 80"), std::string::npos) << failed.message();
}

TEST_F(SupervisorTest, Ensure_OfAMissingProgram_SaysSoAtOnceAndGoesOnTrying) {
  auto supervisor = New();
  HelperSpec spec = Script("");
  const std::string program = folder_ + "/late";
  spec.argv = {program};
  const Status status = supervisor->Ensure(spec, seconds(20));
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_NE(status.message().find("No such file"), std::string::npos);
  { std::ofstream(program) << "#!/bin/sh\nexec sleep 1000\n"; }
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  TickUntil(*supervisor,
            [&] { return supervisor->State("script").phase == HelperPhase::kRunning; });
}

TEST_F(SupervisorTest, Ensure_WaitsForHealthAndForACancel) {
  auto supervisor = New();
  HelperSpec spec = Sleeper();
  int asked = 0;
  spec.health = [&]() -> Status { return ++asked < 3 ? Unavailable("warming up") : Status(); };
  ASSERT_TRUE(supervisor->Ensure(spec, seconds(20)).ok());
  EXPECT_EQ(asked, 3);
  spec.health = [] { return Unavailable("never well"); };
  spec.config_hash = "2";
  std::stop_source stop;
  stop.request_stop();
  const Status status = supervisor->Ensure(spec, seconds(20), stop.get_token());
  EXPECT_EQ(status.code(), Code::kCancelled);
  EXPECT_NE(status.message().find("never well"), std::string::npos);
}

TEST_F(SupervisorTest, Tick_RestartsWhatHangs) {
  auto supervisor = New();
  HelperSpec spec = Sleeper();
  bool well = true;
  spec.health = [&]() -> Status { return well ? Status() : Unavailable("no answer"); };
  spec.hang_limit = milliseconds(1);
  ASSERT_TRUE(supervisor->Ensure(spec, seconds(20)).ok());
  const pid_t before = supervisor->State("sleeper").pid;
  well = false;
  EXPECT_EQ(supervisor->Ensure(spec, Duration::zero()).code(), Code::kDeadline) << "asks at once";
  TickUntil(*supervisor,
            [&] { return supervisor->State("sleeper").phase == HelperPhase::kBackingOff; });
  EXPECT_NE(supervisor->State("sleeper").problem.message().find("unwell for too long"),
            std::string::npos);
  well = true;
  TickUntil(*supervisor,
            [&] { return supervisor->State("sleeper").phase == HelperPhase::kRunning; });
  EXPECT_NE(supervisor->State("sleeper").pid, before);
}

TEST_F(SupervisorTest, HelperThatIsLongInEnding_HoldsUpNoOther) {
  auto supervisor = New();
  HelperSpec slow = Script("trap 'echo draining; sleep 5' TERM; while :; do sleep 0.05; done");
  slow.stop_grace = seconds(20);
  ASSERT_TRUE(supervisor->Ensure(slow, seconds(20)).ok());
  ASSERT_TRUE(supervisor->Ensure(Sleeper(), seconds(20)).ok());
  std::atomic<bool> ended = false;
  std::jthread drain([&] {
    EXPECT_TRUE(supervisor->Stop("script").ok());
    ended = true;
  });
  std::string log;
  while (log.find("draining") == std::string::npos) {
    std::ifstream file(folder_ + "/script.log");
    log.assign(std::istreambuf_iterator<char>(file), {});
  }
  const pid_t before = supervisor->State("sleeper").pid;
  ::kill(before, SIGKILL);
  TickUntil(*supervisor, [&] { return supervisor->State("sleeper").restarts == 1; });
  EXPECT_NE(supervisor->State("sleeper").pid, before);
  EXPECT_FALSE(ended) << "the other still drains";
}

TEST_F(SupervisorTest, Log_IsKeptBelowItsLimit) {
  auto supervisor = New();
  HelperSpec spec = Script("head -c 9000000 /dev/zero; echo; echo done; sleep 1000");
  const std::string log = folder_ + "/script.log";
  ASSERT_TRUE(supervisor->Ensure(spec, seconds(20)).ok());
  TickUntil(*supervisor, [&] { return std::filesystem::exists(log + ".1"); });
  EXPECT_LT(std::filesystem::file_size(log), 1U << 20);
  EXPECT_LE(std::filesystem::file_size(log + ".1"), 8U << 20);
  EXPECT_GT(std::filesystem::file_size(log + ".1"), 7U << 20);
}

TEST_F(SupervisorTest, StopAll_EndsTheLastStartedFirstAndNamesThem) {
  auto supervisor = New();
  ASSERT_TRUE(supervisor->Ensure(Sleeper("b"), seconds(20)).ok());
  ASSERT_TRUE(supervisor->Ensure(Sleeper("aa"), seconds(20)).ok());
  ASSERT_TRUE(supervisor->Ensure(Sleeper("ccc"), seconds(20)).ok());
  ASSERT_TRUE(supervisor->Stop("ccc").ok());
  const auto recorded = Supervisor::Recorded(folder_);
  ASSERT_TRUE(recorded.ok());
  ASSERT_EQ(recorded->size(), 3U);
  EXPECT_EQ((*recorded)[0].name, "aa");
  EXPECT_TRUE((*recorded)[0].running);
  EXPECT_EQ((*recorded)[0].pid, supervisor->State("aa").pid);
  EXPECT_FALSE((*recorded)[2].running);
  const auto ended = Supervisor::StopAll(folder_, SystemClock());
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(*ended, (std::vector<std::string>{"aa", "b"}));
  EXPECT_TRUE(Running(Mark("aa")).empty());
  EXPECT_TRUE(Running(Mark("b")).empty());
}

TEST_F(SupervisorTest, Ensure_RefusesNamesThatAreNoFileNames) {
  auto supervisor = New();
  HelperSpec spec = Sleeper();
  for (const char* name : {"", "../x", "a/b", ".x", "A"}) {
    spec.name = name;
    EXPECT_EQ(supervisor->Ensure(spec, seconds(1)).code(), Code::kInvalid) << name;
  }
}

// Runs a supervisor in a process of its own that is killed at `failpoint`.
void CrashAt(const std::string& failpoint, const std::string& folder, const HelperSpec& spec) {
  const pid_t pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    ConfigureFailpoints(failpoint + "=crash");
    Supervisor supervisor(folder, SystemClock());
    [[maybe_unused]] const Status status = supervisor.Ensure(spec, seconds(5));
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST_F(SupervisorTest, CrashBetweenForkAndExec_LeavesNoStray) {
  for (const char* where : {"supervise.before-record", "supervise.after-record"}) {
    CrashAt(where, folder_, Sleeper());
    auto supervisor = New();
    ASSERT_TRUE(supervisor->Ensure(Sleeper(), seconds(20)).ok());
    EXPECT_FALSE(supervisor->State("sleeper").adopted);
    EXPECT_EQ(Running(Mark("sleeper")), std::set<pid_t>{supervisor->State("sleeper").pid});
    ASSERT_TRUE(supervisor->Stop("sleeper").ok());
  }
}

}  // namespace
}  // namespace ns::supervise
