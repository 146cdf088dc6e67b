#include "supervise/process.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include "supervise/child.h"
#include "supervise/fd.h"

namespace ns::supervise {
namespace {

constexpr size_t kMostHanded = 32;

std::string ErrnoText(int error) { return std::string(::strerrordesc_np(error)); }

struct Pipe {
  Fd read, write;
};

Result<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Unavailable("cannot make a pipe: " + ErrnoText(errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Status Check(const SpawnSpec& spec) {
  if (spec.argv.empty() || spec.argv[0].empty() || spec.argv[0][0] != '/') {
    return Invalid("a program must be named by an absolute path, not \"" +
                   (spec.argv.empty() ? "" : spec.argv[0]) + "\"");
  }
  if (::access(spec.argv[0].c_str(), X_OK) != 0) {
    return Unavailable("cannot run " + spec.argv[0] + ": " + ErrnoText(errno) +
                       "; install it or correct its path");
  }
  if (spec.handed.size() > kMostHanded)
    return Invalid("a program is handed at most " + std::to_string(kMostHanded) +
                   " descriptors, not " + std::to_string(spec.handed.size()));
  return {};
}

Status Explain(const SpawnSpec& spec, const ChildFailure& failure) {
  const std::string why = ErrnoText(failure.error);
  switch (failure.step) {
    case ChildStep::kDescriptors:
      return Unavailable("cannot hand descriptors to " + spec.argv[0] + ": " + why);
    case ChildStep::kLimits:
      return Invalid("cannot set the limits of " + spec.argv[0] + ": " + why);
    case ChildStep::kAccount:
      return Invalid("cannot run " + spec.argv[0] + " as user " +
                     std::to_string(spec.account ? spec.account->uid : 0) +
                     ": only root may change accounts");
    case ChildStep::kFolder:
      return Unavailable("cannot enter folder " + spec.folder + " for " + spec.argv[0] + ": " +
                         why);
    case ChildStep::kExec:
      break;
  }
  return Unavailable("cannot run " + spec.argv[0] + ": " + why);
}

// Forks without the handlers that libraries register, since the child calls nothing of them.
// Signals wait meanwhile, so that no handler of this process runs in the child.
pid_t ForkInto(const ChildPlan& plan) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::_Fork();
  if (pid == 0) BecomeProgram(plan);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return pid;
}

void Discard(pid_t pid) {
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Nothing when the child became the program.
std::optional<ChildFailure> ReadFailure(int fd) {
  ChildFailure failure;
  ssize_t got = 0;
  while ((got = ::read(fd, &failure, sizeof failure)) < 0 && errno == EINTR) {
  }
  if (got != static_cast<ssize_t>(sizeof failure)) return std::nullopt;
  return failure;
}

Status LetGo(const SpawnSpec& spec, pid_t pid, Pipe& gate, Pipe& failure) {
  if (spec.before_exec) NS_TRY(spec.before_exec(pid));
  [[maybe_unused]] const ssize_t written = ::write(gate.write.get(), "g", 1);
  // Only now: without any reader, a child that has failed already would cost us a SIGPIPE.
  gate.read.Close();
  if (const auto failed = ReadFailure(failure.read.get())) return Explain(spec, *failed);
  return {};
}

ExitStatus FromSignalInfo(const siginfo_t& info) {
  return {info.si_code != CLD_EXITED, info.si_status};
}

int Milliseconds(Duration time) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  return static_cast<int>(std::clamp<int64_t>(count, 0, 3'600'000));
}

}  // namespace

Result<Account> FindAccount(const std::string& name) {
  passwd entry{}, *found = nullptr;
  char buffer[4096];
  uid_t uid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
  if (error == std::errc() && end == name.data() + name.size()) {
    ::getpwuid_r(uid, &entry, buffer, sizeof buffer, &found);
  } else {
    ::getpwnam_r(name.c_str(), &entry, buffer, sizeof buffer, &found);
  }
  if (found == nullptr) return NotFound("there is no user \"" + name + "\" on this machine");
  return Account{entry.pw_uid, entry.pw_gid};
}

std::string ExitStatus::ToString() const {
  if (!signalled) return "exit code " + std::to_string(value);
  const char* name = ::strsignal(value);
  return "killed by signal " + std::to_string(value) + " (" + (name != nullptr ? name : "?") + ")";
}

Result<Process> Process::Spawn(const SpawnSpec& spec) {
  NS_TRY(Check(spec));
  NS_ASSIGN(Pipe gate, MakePipe());
  NS_ASSIGN(Pipe failure, MakePipe());
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return Unavailable("cannot open /dev/null: " + ErrnoText(errno));
  const auto argv = Pointers(spec.argv), env = Pointers(spec.env);
  const auto or_null = [&](int fd) { return fd < 0 ? null.get() : fd; };
  std::vector<int> given{or_null(spec.in), or_null(spec.out), or_null(spec.err)};
  given.insert(given.end(), spec.handed.begin(), spec.handed.end());
  given.insert(given.end(), {gate.read.get(), failure.write.get()});
  std::vector<int> high(given.size());
  const ChildPlan plan{argv.data(),
                       env.data(),
                       spec.folder.empty() ? "/" : spec.folder.c_str(),
                       &spec,
                       given.data(),
                       high.data(),
                       static_cast<int>(given.size()),
                       failure.write.get(),
                       ::getpid()};
  const pid_t pid = ForkInto(plan);
  if (pid < 0) return Unavailable("cannot start " + spec.argv[0] + ": " + ErrnoText(errno));
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  failure.write.Close();
  const Status status = pidfd ? LetGo(spec, pid, gate, failure)
                              : Unavailable("cannot watch a child: " + ErrnoText(errno));
  if (!status.ok()) {
    Discard(pid);
    return status;
  }
  return Process(pid, pidfd.Release());
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      ended_(other.ended_) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(pidfd_, other.pidfd_);
  std::swap(ended_, other.ended_);
  return *this;
}

Process::~Process() {
  if (pidfd_ >= 0) ::close(pidfd_);
}

std::optional<ExitStatus> Process::Poll() {
  if (ended_ || pidfd_ < 0) return ended_;
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd_), &info, WEXITED | WNOHANG) == 0 &&
      info.si_pid != 0)
    ended_ = FromSignalInfo(info);
  return ended_;
}

Result<ExitStatus> Process::Wait(Clock& clock, std::optional<Duration> deadline,
                                 const std::stop_token& cancel) {
  const Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  std::stop_callback on_stop(cancel, [&] { ::eventfd_write(wake.get(), 1); });
  for (;;) {
    if (const auto ended = Poll()) return *ended;
    if (cancel.stop_requested())
      return Status(Code::kCancelled, "cancelled while waiting for a child");
    const Duration left = deadline ? *deadline - clock.Monotonic() : std::chrono::hours(1);
    if (left <= Duration::zero()) return Status(Code::kDeadline, "the child took too long");
    pollfd fds[] = {{pidfd_, POLLIN, 0}, {wake.get(), POLLIN, 0}};
    ::poll(fds, 2, Milliseconds(left));
  }
}

void Process::KillGroup(int signal) {
  if (pid_ > 0 && !ended_) ::kill(-pid_, signal);
}

bool WaitReadable(int fd, Duration time) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, fd >= 0 ? 1 : 0, Milliseconds(time)) > 0;
}

}  // namespace ns::supervise
