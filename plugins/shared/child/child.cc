#include "child/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "ns/sdk/error.h"

namespace ns::child {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kTick = 20ms;
constexpr auto kTermGrace = 2s;

sdk::Error Failed(const std::string& reason, const std::string& what) {
  return sdk::Error(NS_E_UNAVAILABLE, reason, what + ": " + ::strerror(errno) + ".",
                    sdk::Fault::kPlatform);
}

struct Pipe {
  int read_end = -1, write_end = -1;
  explicit Pipe(const std::string& reason) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw Failed(reason, "No pipe for the output of a program");
    read_end = ends[0];
    write_end = ends[1];
    ::fcntl(read_end, F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    ::close(read_end);
    CloseWrite();
  }
  void CloseWrite() {
    if (write_end >= 0) ::close(std::exchange(write_end, -1));
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
};

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// In the child, as all that Become does.
bool Enter(const char* procs) {
  const int fd = ::open(procs, O_WRONLY | O_CLOEXEC);
  const bool in = fd >= 0 && ::write(fd, "0", 1) == 1;
  if (fd >= 0) ::close(fd);
  return in;
}

// In the child, after fork: only calls that are safe there.
[[noreturn]] void Become(const ChildSpec& spec, char* const* argv, char* const* env, int output,
                         pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::signal(number, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, 0);
  for (const std::string& procs : spec.cgroups) {
    if (!Enter(procs.c_str())) ::_exit(127);
  }
  ::dup2(spec.data >= 0 ? spec.data : output, 1);
  ::dup2(output, 2);
  ::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
  for (const int fd : spec.inherited) ::fcntl(fd, F_SETFD, 0);
  ::execve(argv[0], argv, env);
  ::_exit(127);
}

class Child {
 public:
  Child(const sdk::Call& call, const ChildSpec& spec)
      : call_(call), spec_(spec), pipe_(spec.reason) {
    const std::vector<char*> argv = Pointers(spec.argv), env = Pointers(spec.env);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw Failed(spec.reason, "No process for " + spec.argv[0]);
    if (pid_ == 0) Become(spec, argv.data(), env.data(), pipe_.write_end, parent);
    ::setpgid(pid_, pid_);
    pipe_.CloseWrite();
  }
  ~Child() {
    if (!reaped_) End();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  ChildResult Run() {
    while (!Reap()) {
      if (call_.Cancelled()) return Ended(Ending::kCancelled);
      if (Clock::now() >= std::min(spec_.deadline, call_.Deadline().value_or(spec_.deadline)))
        return Ended(Ending::kLate);
      if (!spec_.tick()) return Ended(Ending::kTicked);
      Wait();
      if (!Full()) Read();
    }
    Read();
    return {Ending::kExited, exit_code_};
  }

 private:
  ChildResult Ended(Ending ending) {
    End();
    Read();
    return {ending, exit_code_};
  }

  // The whole group; what it still says meanwhile is not lost.
  void End() noexcept {
    ::kill(-pid_, SIGTERM);
    for (const auto until = Clock::now() + kTermGrace; !Reap() && Clock::now() < until;)
      ::poll(nullptr, 0, 10);
    ::kill(-pid_, SIGKILL);
    while (!Reap()) ::poll(nullptr, 0, 5);
  }

  bool Reap() {
    if (reaped_) return true;
    int status = 0;
    const pid_t got = ::waitpid(pid_, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) return false;
    reaped_ = true;
    exit_code_ = got < 0 ? 127 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  }

  bool Full() const { return spec_.full && spec_.full(); }

  void Wait() {
    pollfd ready[2] = {{eof_ || Full() ? -1 : pipe_.read_end, POLLIN, 0},
                       {call_.CancelFd(), POLLIN, 0}};
    ::poll(ready, 2, static_cast<int>(kTick.count()));
  }

  void Read() {
    char buffer[16 << 10];
    for (ssize_t got = 1; got > 0 && !eof_ && !(Full() && !reaped_);) {
      got = ::read(pipe_.read_end, buffer, sizeof(buffer));
      if (got > 0) spec_.output({buffer, static_cast<size_t>(got)});
      if (got == 0) eof_ = true;
    }
  }

  const sdk::Call& call_;
  const ChildSpec& spec_;
  Pipe pipe_;
  pid_t pid_ = -1;
  bool reaped_ = false, eof_ = false;
  int exit_code_ = 0;
};

}  // namespace

MemoryFile::MemoryFile(std::string_view content, const std::string& reason)
    : fd_(::memfd_create("secret", MFD_CLOEXEC)) {
  if (fd_ < 0) throw Failed(reason, "No memory file for a secret");
  for (size_t done = 0; done < content.size();) {
    const ssize_t wrote = ::write(fd_, content.data() + done, content.size() - done);
    if (wrote < 0 && errno != EINTR) {
      ::close(fd_);
      throw Failed(reason, "A secret cannot be kept in memory");
    }
    if (wrote > 0) done += static_cast<size_t>(wrote);
  }
}

MemoryFile::~MemoryFile() {
  if (fd_ >= 0) ::close(fd_);
}

ChildResult RunChild(const sdk::Call& call, const ChildSpec& spec) {
  return Child(call, spec).Run();
}

}  // namespace ns::child
