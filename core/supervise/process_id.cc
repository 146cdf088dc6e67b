#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>

#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::supervise {
namespace {

// The whole of a small file under /proc; empty when it is not there.
std::string ReadSmall(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[2048];
  const ssize_t got = fd ? ::read(fd.get(), text, sizeof text) : 0;
  return std::string(text, got > 0 ? static_cast<size_t>(got) : 0);
}

// Field `number` (from 3) of /proc/<pid>/stat: fields are counted after the name, which may hold
// blanks and brackets.
std::string StatField(const std::string& stat, int number) {
  size_t at = stat.rfind(')');
  for (int field = 2; field < number && at != std::string::npos; ++field)
    at = stat.find(' ', at + 1);
  if (at == std::string::npos) return "";
  return stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

std::string BootId() {
  std::string id = ReadSmall("/proc/sys/kernel/random/boot_id");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

}  // namespace

Result<ProcessId> IdentifyProcess(pid_t pid) {
  const std::string stat = ReadSmall("/proc/" + std::to_string(pid) + "/stat");
  const std::string state = StatField(stat, 3), start = StatField(stat, 22);
  if (pid <= 0 || start.empty() || state == "Z" || state == "X")
    return NotFound("no process " + std::to_string(pid) + " runs");
  ProcessId id{pid, 0, BootId()};
  std::from_chars(start.data(), start.data() + start.size(), id.start_time);
  return id;
}

bool IsRunning(const ProcessId& id) {
  if (id.pid <= 0) return false;
  const auto now = IdentifyProcess(id.pid);
  return now.ok() && *now == id;
}

bool SignalProcess(const ProcessId& id, int signal) {
  if (id.pid <= 0) return false;
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, id.pid, 0)));
  if (!pidfd || !IsRunning(id))
    return false;  // the descriptor holds whoever was looked at after it was opened
  return ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

}  // namespace ns::supervise
