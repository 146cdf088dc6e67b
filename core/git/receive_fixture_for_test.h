// Repositories that are pushed to, and a work tree to push from: the real git, without HTTP around
// it.
#pragma once

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "git/packet.h"
#include "git/receive.h"
#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::git {

std::string ThisProgram();

namespace testing {

namespace fs = std::filesystem;
using ports::GitService;
using namespace std::chrono_literals;

inline const std::string kNone(40, '0');

// Standard output of a shell command that succeeds.
inline std::string Shell(const std::string& command) {
  const supervise::Fd out(::memfd_create("out", MFD_CLOEXEC));
  supervise::SpawnSpec spec;
  spec.argv = {"/bin/sh", "-c", command};
  spec.env = {"PATH=/usr/bin:/bin",   "GIT_AUTHOR_NAME=t",       "GIT_AUTHOR_EMAIL=t@t",
              "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@t", "HOME=/nonexistent",
              "GIT_CONFIG_NOSYSTEM=1"};
  spec.out = out.get();
  auto child = supervise::Process::Spawn(spec);
  const auto ended = child->Wait(SystemClock(), SystemClock().Monotonic() + 30s);
  EXPECT_TRUE(ended.ok() && ended->ok()) << command;
  std::string text(static_cast<size_t>(::lseek(out.get(), 0, SEEK_END)), '\0');
  EXPECT_EQ(::pread(out.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return text;
}

// Gives a body in pieces, keeps the answer.
class Memory final : public ports::ByteExchange {
 public:
  explicit Memory(std::string body, size_t piece = 7000) : body_(std::move(body)), piece_(piece) {
    ::eventfd_write(event_, 1);
  }
  ~Memory() override { ::close(event_); }
  int ready() const override { return event_; }
  Result<bool> Take(std::string& bytes) override {
    on_take();
    if (stalls && at_ >= body_.size()) {
      eventfd_t ignored = 0;
      ::eventfd_read(event_, &ignored);
      return false;
    }
    bytes += body_.substr(std::min(at_, body_.size()), piece_);
    at_ += piece_;
    return !stalls && at_ >= body_.size();
  }
  Status Give(const ports::Call&, std::string_view bytes) override {
    answer += bytes;
    return on_give();
  }
  // The body ends here, where it stalled.
  void End() {
    stalls = false;
    ::eventfd_write(event_, 1);
  }
  std::string answer;
  bool stalls = false;  // the end of the body never comes
  std::function<void()> on_take = [] {};
  std::function<Status()> on_give = [] { return Status(); };  // after that

 private:
  const int event_ = ::eventfd(0, EFD_CLOEXEC);
  const std::string body_;
  const size_t piece_;
  size_t at_ = 0;
};

class ReceiveTest : public ::testing::Test {
 protected:
  ReceiveTest() {
    std::string pattern = ::testing::TempDir() + "receive-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    options_.folder = root_ + "/repositories";
    options_.program = "/usr/bin/git";
    options_.git.worker = {ThisProgram(), "git-worker"};
    options_.git.bubblewrap = fs::exists("/usr/bin/bwrap") ? "/usr/bin/bwrap" : "";
    Shell("git init -q -b main " + root_ + "/work");
  }
  ~ReceiveTest() override { fs::remove_all(root_); }

  // In the work tree.
  std::string InTree(const std::string& command) const {
    return Shell("cd " + root_ + "/work && " + command);
  }
  std::string Commit(const std::string& content) {
    InTree("printf '" + content + "' > a; git add a; git commit -q -m x");
    return Line("git rev-parse HEAD");
  }
  std::string Line(const std::string& command) {
    std::string out = InTree(command);
    while (out.ends_with('\n')) out.pop_back();
    return out;
  }
  // The body of a push of everything.
  std::string PushOf(const std::string& commands) {
    return commands + "0000" + InTree("git pack-objects --all --stdout -q < /dev/null");
  }
  static std::string Command(const std::string& from, const std::string& to, const std::string& ref,
                             bool first = true) {
    const std::string capabilities =
        first ? std::string(1, '\0') + " report-status side-band-64k" : "";
    return PacketLine(from + " " + to + " " + ref + capabilities);
  }

  ports::GitReceive& git() {
    if (!git_) git_ = NewGitReceive(options_, SystemClock());
    return *git_;
  }
  ports::Call InTime(Duration time = 20s) { return {{}, SystemClock().Monotonic() + time}; }
  Result<ports::GitServed> Serve(ports::ByteExchange& exchange, const ports::GitServing& serving,
                                 Duration time = 20s) {
    return git().Serve(InTime(time), "shop", serving, exchange);
  }
  // The answer to a push to the repository "shop"; what became of it is in `served_`.
  std::string Push(const std::string& body, const std::function<Status()>& may = {}) {
    Memory exchange(body);
    const auto served = Serve(exchange, {GitService::kReceive, false, false, "", may});
    EXPECT_EQ(served.status(), Status());
    served_ = served.ok() ? *served : ports::GitServed();
    return exchange.answer;
  }
  std::string Refs() { return Line("git -C " + options_.folder + "/shop.git for-each-ref"); }
  std::string Head() { return Line("git -C " + options_.folder + "/shop.git rev-parse HEAD"); }

  std::string root_;
  ReceiveOptions options_;
  std::unique_ptr<ports::GitReceive> git_;
  ports::GitServed served_;
};

}  // namespace testing
}  // namespace ns::git
