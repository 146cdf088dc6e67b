#include "supervise/ending.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include <charconv>
#include <csignal>
#include <filesystem>

namespace ns::supervise {
namespace {

constexpr Duration kKillGrace = std::chrono::seconds(5);

std::vector<pid_t> AllPids() {
  std::vector<pid_t> pids;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename();
    pid_t pid = 0;
    const auto [stop, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (failed == std::errc() && stop == name.data() + name.size()) pids.push_back(pid);
  }
  return pids;
}

}  // namespace

Fd Watch(const ProcessId& id) {
  if (id.pid <= 0) return Fd();
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, id.pid, 0)));
  if (!pidfd || !IsRunning(id)) return Fd();
  return pidfd;
}

std::string ReapText(int pidfd) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG) != 0 ||
      info.si_pid == 0)
    return "ended";
  return "ended: " + ExitStatus{info.si_code != CLD_EXITED, info.si_status}.ToString();
}

void KillSession(const ProcessId& leader) {
  const auto now = IdentifyProcess(leader.pid);
  if (now.ok() && *now != leader)
    return;  // the number belongs to somebody else, so the session is gone
  for (const pid_t pid : AllPids()) {
    if (pid == leader.pid || ::getsid(pid) != leader.pid) continue;
    const auto id = IdentifyProcess(pid);
    if (id.ok() && id->start_time >= leader.start_time) SignalProcess(*id, SIGKILL);
  }
}

Status EndProcess(const ProcessId& id, int signal, Duration grace) {
  const Fd pidfd = Watch(id);
  if (!pidfd) return {};
  SignalProcess(id, signal);
  if (!WaitReadable(pidfd.get(), grace)) {
    KillSession(id);
    SignalProcess(id, SIGKILL);
    if (!WaitReadable(pidfd.get(), kKillGrace)) {
      return Unavailable(
          "process " + std::to_string(id.pid) +
          " does not end, though it was killed: the kernel holds it, look for a hanging disk");
    }
  }
  ReapText(pidfd.get());
  KillSession(id);
  return {};
}

}  // namespace ns::supervise
