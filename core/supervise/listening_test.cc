#include "supervise/listening.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervise/address.h"
#include "supervise/supervisor.h"

namespace ns::supervise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

// One that nobody listens at and that is given out once: loopback has an address for each process
// and call, so no other test comes to have it meanwhile.
std::string FreeAddress() {
  static int calls = 0;
  const pid_t pid = ::getpid();
  const auto part = [](int number) { return "." + std::to_string(number & 0xff); };
  return "127" + part(64 + (pid >> 16)) + part(pid >> 8) + part(pid) + ":" +
         std::to_string(20'000 + ++calls);
}

bool Connects(const std::string& address) {
  return Connect(*ParseAddress(address), SystemClock().Monotonic() + seconds(5)).ok();
}

// "socket:[123]" behind a descriptor; empty: not open.
std::string Behind(pid_t pid, int fd) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd),
                                       error)
      .string();
}

class ListeningTest : public testing::Test {
 protected:
  ListeningTest() {
    char name[] = "/tmp/ns-listening-XXXXXX";
    folder_ = ::mkdtemp(name);
    supervisor_ = New();
  }
  ~ListeningTest() override {
    supervisor_.reset();
    EXPECT_TRUE(Supervisor::StopAll(folder_, SystemClock()).ok());
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<Supervisor> New() { return std::make_unique<Supervisor>(folder_, SystemClock()); }
  HelperSpec Helper(const std::string& name) const {
    HelperSpec spec;
    spec.name = name;
    spec.argv = {"/bin/sleep", "86400"};
    spec.listen = {address_};
    return spec;
  }
  pid_t Ensure(const HelperSpec& spec) {
    const Status status = supervisor_->Ensure(spec, seconds(20));
    EXPECT_TRUE(status.ok()) << status.ToString();
    return supervisor_->State(spec.name).pid;
  }
  pid_t KillAndAwait(const std::string& name, pid_t pid) {
    ::kill(pid, SIGKILL);
    const Duration end = SystemClock().Monotonic() + seconds(20);
    while (supervisor_->State(name).restarts == 0 && SystemClock().Monotonic() < end) {
      supervisor_->Tick(milliseconds(20));
      EXPECT_TRUE(Connects(address_)) << "while it is restarted";
    }
    return supervisor_->State(name).pid;
  }

  const std::string address_ = FreeAddress();
  std::string folder_;
  std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(ListeningTest, Helper_FindsItsSocketsFromThreeOnAndNothingElse) {
  HelperSpec spec = Helper("a");
  spec.listen.push_back(FreeAddress());
  const pid_t pid = Ensure(spec);
  EXPECT_THAT(Behind(pid, 3), HasSubstr("socket:"));
  EXPECT_THAT(Behind(pid, 4), HasSubstr("socket:"));
  EXPECT_NE(Behind(pid, 3), Behind(pid, 4));
  // The loader of the program has files of its own open for an instant.
  for (int i = 0; i < 2000 && Behind(pid, 5) != ""; ++i)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(Behind(pid, 5), "");
  EXPECT_TRUE(Connects(spec.listen[0]));
  EXPECT_TRUE(Connects(spec.listen[1]));
}

TEST_F(ListeningTest, TwoHelpers_ShareOneAndOneMayEnd) {
  const pid_t first = Ensure(Helper("a")), second = Ensure(Helper("b"));
  EXPECT_EQ(Behind(first, 3), Behind(second, 3));
  ASSERT_TRUE(supervisor_->Stop("a").ok());
  EXPECT_TRUE(Connects(address_));
  ASSERT_TRUE(supervisor_->Stop("b").ok());
  EXPECT_FALSE(Connects(address_));
}

TEST_F(ListeningTest, RestartedHelper_HasTheSameAndNobodyIsRefusedMeanwhile) {
  const pid_t before = Ensure(Helper("a"));
  const std::string socket = Behind(before, 3);
  const pid_t after = KillAndAwait("a", before);
  EXPECT_NE(before, after);
  EXPECT_EQ(Behind(after, 3), socket);
}

TEST_F(ListeningTest, NextSupervisor_TakesItOverFromTheHelper) {
  const pid_t before = Ensure(Helper("a"));
  const std::string socket = Behind(before, 3);
  supervisor_ = New();
  EXPECT_EQ(Behind(Ensure(Helper("b")), 3), socket)
      << "for another helper, before the first is known";
  EXPECT_EQ(Ensure(Helper("a")), before) << "adopted";
  ASSERT_TRUE(supervisor_->Stop("b").ok());
  EXPECT_EQ(Behind(KillAndAwait("a", before), 3), socket) << "held since it was adopted";
}

TEST_F(ListeningTest, DescriptionWithoutTheAddress_StartsItAnew) {
  const pid_t before = Ensure(Helper("a"));
  HelperSpec without = Helper("a");
  without.listen.clear();
  const pid_t after = Ensure(without);
  EXPECT_NE(before, after);
  EXPECT_EQ(Behind(after, 3), "");
  EXPECT_FALSE(Connects(address_));
}

// Nobody is left waiting for one that takes nothing more.
TEST_F(ListeningTest, StoppedHelperThatDrains_AcceptsNothing) {
  HelperSpec spec = Helper("a");
  spec.argv = {"/bin/sh", "-c",
               "trap 'sleep 1; exit' TERM; echo ready; while :; do sleep 0.05; done"};
  const pid_t pid = Ensure(spec);
  while (!std::filesystem::file_size(folder_ + "/a.log")) ::usleep(10'000);
  std::jthread stopping([&] { EXPECT_TRUE(supervisor_->Stop("a").ok()); });
  ::usleep(200'000);
  EXPECT_FALSE(Connects(address_));
  EXPECT_EQ(::kill(pid, 0), 0) << "it drains";
}

TEST_F(ListeningTest, AddressOfSomebodyElse_IsRefusedAndLeavesWhatRuns) {
  const pid_t before = Ensure(Helper("a"));
  const std::string taken = FreeAddress();
  const auto where = ParseAddress(taken);
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(fd.get(), where->get(), where->size), 0);
  ASSERT_EQ(::listen(fd.get(), 1), 0);
  HelperSpec spec = Helper("a");
  spec.listen = {taken};
  const Status status = supervisor_->Ensure(spec, seconds(1));
  EXPECT_EQ(status.reason(), "PortTaken");
  EXPECT_THAT(status.message(), HasSubstr(taken));
  EXPECT_EQ(::kill(before, 0), 0);
  EXPECT_EQ(Ensure(Helper("a")), before);
}

TEST_F(ListeningTest, WhatIsNoAddress_IsRefused) {
  for (const std::string text : {"", "80", "localhost:80", "127.0.0.1", "127.0.0.1:070"}) {
    HelperSpec spec = Helper("a");
    spec.listen = {text};
    EXPECT_EQ(supervisor_->Ensure(spec, seconds(1)).code(), Code::kInvalid) << text;
  }
}

// One who may not look into the helper says so, and what it would take.
TEST_F(ListeningTest, SocketThatMayNotBeTakenOver_IsToldFromOneOfSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  Ensure(Helper("a"));
  ::chmod(folder_.c_str(), 0755);
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    ::chmod(entry.path().c_str(), 0644);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresuid(65534, 65534, 65534) != 0) ::_exit(9);
    const auto taken = ListenSockets(folder_).Take(address_);
    const std::string message = taken.status().message();
    const bool told = message.find("CAP_SYS_PTRACE") != std::string::npos;
    ::_exit(taken.ok() ? 1 : taken.status().reason() != "PortTaken" ? 2 : told ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace ns::supervise
