#include "supervise/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "supervise/fd.h"

namespace ns::supervise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Piped {
  Fd read, write;
  Piped() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  std::string Drain() {
    write.Close();
    std::string text;
    char chunk[4096];
    for (ssize_t got; (got = ::read(read.get(), chunk, sizeof chunk)) > 0;)
      text.append(chunk, static_cast<size_t>(got));
    return text;
  }
};

SpawnSpec Shell(const std::string& script) {
  SpawnSpec spec;
  spec.argv = {"/bin/sh", "-c", script};
  return spec;
}

ExitStatus Finish(Process& process) {
  const auto ended = process.Wait(SystemClock(), SystemClock().Monotonic() + seconds(20));
  EXPECT_TRUE(ended.ok()) << ended.status().ToString();
  return ended.ok() ? *ended : ExitStatus{};
}

std::string OutputOf(SpawnSpec spec) {
  Piped out;
  spec.out = out.write.get();
  auto process = Process::Spawn(spec);
  EXPECT_TRUE(process.ok()) << process.status().ToString();
  if (!process.ok()) return "";
  std::string text = out.Drain();
  EXPECT_TRUE(Finish(*process).ok());
  return text;
}

TEST(Process, Spawn_ReportsHowItEnded) {
  auto process = Process::Spawn(Shell("exit 7"));
  ASSERT_TRUE(process.ok());
  EXPECT_EQ(Finish(*process).ToString(), "exit code 7");
  auto killed = Process::Spawn(Shell("kill -9 $$"));
  ASSERT_TRUE(killed.ok());
  EXPECT_EQ(Finish(*killed).ToString(), "killed by signal 9 (Killed)");
}

TEST(Process, Spawn_InheritsNothingButWhatIsGiven) {
  ::setenv("NS_LEAK", "1", 1);
  const Fd leak(::fcntl(STDERR_FILENO, F_DUPFD, 50));  // without close-on-exec
  ASSERT_GE(leak.get(), 50);
  SpawnSpec spec;
  spec.argv = {"/bin/sh", "-c", "/usr/bin/env; echo /proc/self/fd/*"};
  spec.env = {"ONLY=this"};
  const std::string text = OutputOf(spec);
  EXPECT_EQ(text.find("NS_LEAK"), std::string::npos);
  EXPECT_NE(text.find("ONLY=this\n"), std::string::npos);
  EXPECT_NE(text.find("/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2"), std::string::npos)
      << text;
  EXPECT_EQ(text.find("/proc/self/fd/" + std::to_string(leak.get())), std::string::npos) << text;
}

TEST(Process, Spawn_LeadsASessionAndGroupOfItsOwn) {
  const std::string text = OutputOf(Shell("cut -d' ' -f1,5,6 /proc/$$/stat; :"));
  const size_t blank = text.find(' ');
  const std::string pid = text.substr(0, blank);
  EXPECT_EQ(text, pid + " " + pid + " " + pid + "\n");
}

TEST(Process, Spawn_TakesAccountFolderAndLimits) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to change accounts";
  SpawnSpec spec = Shell("id -u; id -G; pwd; ulimit -n");
  const auto nobody = FindAccount("nobody");
  ASSERT_TRUE(nobody.ok());
  spec.account = *nobody;
  spec.folder = "/tmp";
  spec.limits = {{RLIMIT_NOFILE, 100}};
  EXPECT_EQ(OutputOf(spec),
            std::to_string(nobody->uid) + "\n" + std::to_string(nobody->gid) + "\n/tmp\n100\n");
}

TEST(Process, Spawn_SaysWhatCannotBeDone) {
  SpawnSpec relative;
  relative.argv = {"sh"};
  EXPECT_EQ(Process::Spawn(relative).status().code(), Code::kInvalid);
  SpawnSpec missing;
  missing.argv = {"/nowhere/program"};
  const Status status = Process::Spawn(missing).status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_NE(status.message().find("/nowhere/program: No such file"), std::string::npos)
      << status.message();
  SpawnSpec folder = Shell(":");
  folder.folder = "/nowhere";
  EXPECT_NE(Process::Spawn(folder).status().message().find("cannot enter folder /nowhere"),
            std::string::npos);
  SpawnSpec directory;
  directory.argv = {"/tmp"};
  EXPECT_NE(Process::Spawn(directory).status().message().find("Permission denied"),
            std::string::npos);
}

TEST(Process, Spawn_WhereTheLastStepBeforeExecFails_LeavesNoChild) {
  pid_t seen = 0;
  SpawnSpec spec = Shell("sleep 1000");
  spec.before_exec = [&](pid_t pid) {
    seen = pid;
    EXPECT_TRUE(IdentifyProcess(pid).ok());
    return Unavailable("no room");
  };
  EXPECT_EQ(Process::Spawn(spec).status().message(), "no room");
  EXPECT_FALSE(IdentifyProcess(seen).ok());
}

TEST(Process, Wait_EndsAtTheDeadlineAndOnAStop) {
  auto process = Process::Spawn(Shell("sleep 1000"));
  ASSERT_TRUE(process.ok());
  Clock& clock = SystemClock();
  EXPECT_EQ(process->Wait(clock, clock.Monotonic() + milliseconds(20)).status().code(),
            Code::kDeadline);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(process->Wait(clock, std::nullopt, stop.get_token()).status().code(), Code::kCancelled);
  process->KillGroup(SIGKILL);
  EXPECT_TRUE(Finish(*process).signalled);
}

TEST(Process, KillGroup_EndsGrandchildrenToo) {
  Piped out;
  SpawnSpec spec = Shell("sleep 1000 & echo $!; wait");
  spec.out = out.write.get();
  auto process = Process::Spawn(spec);
  ASSERT_TRUE(process.ok());
  char line[32] = {};
  ASSERT_GT(::read(out.read.get(), line, sizeof line - 1), 0);
  const pid_t grandchild = std::atoi(line);
  ASSERT_TRUE(IdentifyProcess(grandchild).ok());
  process->KillGroup(SIGKILL);
  EXPECT_TRUE(Finish(*process).signalled);
  for (int i = 0; i < 200 && IdentifyProcess(grandchild).ok(); ++i)
    WaitReadable(-1, milliseconds(10));
  EXPECT_FALSE(IdentifyProcess(grandchild).ok());
}

TEST(ProcessId, Signal_ReachesOnlyThatVeryProcess) {
  auto process = Process::Spawn(Shell("sleep 1000"));
  ASSERT_TRUE(process.ok());
  const auto id = IdentifyProcess(process->pid());
  ASSERT_TRUE(id.ok());
  ProcessId later = *id;
  ++later.start_time;
  EXPECT_FALSE(IsRunning(later));
  EXPECT_FALSE(SignalProcess(later, SIGKILL));
  ProcessId other_boot = *id;
  other_boot.boot_id = "another";
  EXPECT_FALSE(IsRunning(other_boot));
  EXPECT_TRUE(IsRunning(*id));
  EXPECT_TRUE(SignalProcess(*id, SIGKILL));
  EXPECT_TRUE(WaitReadable(process->pidfd(), seconds(20)));
  EXPECT_FALSE(IsRunning(*id)) << "a process that waits to be reaped does not run";
  EXPECT_TRUE(Finish(*process).signalled);
}

TEST(Process, DieWithParent_EndsWithTheThreadThatSpawnedIt) {
  SpawnSpec spec = Shell("exec sleep 1000");
  spec.die_with_parent = true;
  std::optional<Process> process;
  std::jthread([&] {
    auto spawned = Process::Spawn(spec);
    if (spawned.ok()) process.emplace(std::move(*spawned));
  }).join();
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(Finish(*process).ToString(), "killed by signal 9 (Killed)");
}

TEST(Process, ManyThreadsSpawningAtOnce_NoneWaitsForAnother) {
  std::vector<std::jthread> threads;
  std::atomic<int> done = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 25; ++round) {
        auto process = Process::Spawn(Shell("exit 0"));
        if (process.ok() && Finish(*process).ok()) ++done;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(done, 100);
}

TEST(Process, ChangingAccountsWhileThreadsComeAndGo_NeverHangs) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to change accounts";
  const auto account = FindAccount("nobody");
  ASSERT_TRUE(account.ok());
  std::atomic<bool> done = false;
  std::jthread churn([&] {
    while (!done) std::jthread([] {}).join();
  });
  for (int i = 0; i < 200; ++i) {
    SpawnSpec spec;
    spec.argv = {"/bin/true"};
    spec.account = *account;
    auto process = Process::Spawn(spec);
    ASSERT_TRUE(process.ok()) << process.status().ToString();
    ASSERT_TRUE(
        process->Wait(SystemClock(), SystemClock().Monotonic() + std::chrono::seconds(60)).ok());
  }
  done = true;
}

TEST(FindAccount, UnknownName_IsNotFound) {
  EXPECT_EQ(FindAccount("no-such-user-here").status().code(), Code::kNotFound);
  ASSERT_TRUE(FindAccount("0").ok());
  EXPECT_EQ(FindAccount("0")->uid, 0U);
}

}  // namespace
}  // namespace ns::supervise
