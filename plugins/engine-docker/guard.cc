#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace ns::engine_docker {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int64_t kCpuPeriod = 100'000;  // microseconds
constexpr int kLook = 20;                // milliseconds

std::string ReadAll(const fs::path& path) {
  std::string text;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(fd, buffer, sizeof(buffer))) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  ::close(fd);
  return text;
}

// Errno of what went wrong, or 0: control files tell by it.
int WriteAll(const fs::path& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = ::write(fd, text.data(), text.size()) < 0 ? errno : 0;
  ::close(fd);
  return error;
}

// The number behind `name` in lines of "name number"; 0 without one.
int64_t NumberOf(const std::string& text, const std::string& name) {
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    if (text.compare(at, name.size() + 1, name + " ") == 0)
      return std::strtoll(text.c_str() + at + name.size() + 1, nullptr, 10);
    if (text.find('\n', at) == std::string::npos) break;
  }
  return 0;
}

std::vector<std::string> FoldersIn(const fs::path& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) names.push_back(entry->path().filename().string());
  }
  return names;
}

// Whether a process of the step bears the mark; nullopt while only runc's own is there, whose
// environment is another.
std::optional<bool> Bears(const CgroupTree& tree, const std::string& step,
                          const std::string& mark) {
  std::optional<bool> bears;
  for (const int pid : tree.Processes(step)) {
    const fs::path process = fs::path("/proc") / std::to_string(pid);
    if (ReadAll(process / "comm").starts_with("runc")) continue;
    const std::string environment = ReadAll(process / "environ");
    if (environment.find("NO_PROXY=" + mark) != std::string::npos) return true;
    if (!environment.empty()) bears = false;
  }
  return bears;
}

}  // namespace

CgroupTree::CgroupTree(std::string parent, fs::path root)
    : parent_(std::move(parent)),
      root_(std::move(root)),
      unified_(fs::exists(root_ / "cgroup.controllers")) {}

fs::path CgroupTree::Folder(const std::string& controller, const std::string& step) const {
  return (unified_ ? root_ : root_ / controller) / step;
}

bool CgroupTree::CanLimit() const {
  if (!unified_) return ::access((root_ / "memory").c_str(), W_OK) == 0 && ::geteuid() == 0;
  const std::string controllers = ReadAll(root_ / "cgroup.controllers");
  return controllers.find("memory") != std::string::npos && ::geteuid() == 0 &&
         ::access(root_.c_str(), W_OK) == 0;
}

// With dockerd's cgroupfs driver "docker/buildkit/<id>"; with its systemd driver BuildKit of 20.10
// makes "system.slice:buildkit:<id>".
std::vector<std::string> CgroupTree::Steps() const {
  std::vector<std::string> steps;
  const std::string below = (fs::path(parent_) / "buildkit").relative_path().string();
  for (const std::string& name : FoldersIn(Folder("memory", below)))
    steps.push_back(below + "/" + name);
  for (const std::string& name : FoldersIn(Folder("memory", ""))) {
    if (name.find(":buildkit:") != std::string::npos) steps.push_back(name);
  }
  return steps;
}

std::vector<int> CgroupTree::Processes(const std::string& step) const {
  std::vector<int> pids;
  const std::string text = ReadAll(Folder("memory", step) / "cgroup.procs");
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (const int pid = std::atoi(text.substr(at, end - at).c_str()); pid > 0) pids.push_back(pid);
    at = end + 1;
  }
  return pids;
}

std::set<std::string> MarkedSteps(const CgroupTree& tree, const std::string& mark) {
  std::set<std::string> marked;
  for (const std::string& step : tree.Steps()) {
    if (Bears(tree, step, mark).value_or(false)) marked.insert(step);
  }
  return marked;
}

bool KillSteps(const CgroupTree& tree, const std::string& mark) {
  std::set<std::string> steps;
  for (const auto until = Clock::now() + std::chrono::seconds(2); Clock::now() < until;
       ::poll(nullptr, 0, kLook)) {
    steps.merge(MarkedSteps(tree, mark));
    std::erase_if(steps, [&](const std::string& step) { return tree.Processes(step).empty(); });
    if (steps.empty()) return true;
    for (const std::string& step : steps) {
      for (const int pid : tree.Processes(step)) ::kill(pid, SIGKILL);
    }
  }
  return false;
}

Guard::Guard(const CgroupTree& tree, std::string mark, const Limits& limits)
    : tree_(tree), mark_(std::move(mark)), limits_(limits) {}

void Guard::Look() {
  for (const std::string& step : tree_.Steps()) {
    if (foreign_.contains(step)) continue;
    if (!ours_.contains(step)) {
      const std::optional<bool> bears = Bears(tree_, step, mark_);
      if (!bears) continue;
      (*bears ? ours_ : foreign_).insert(step);
      if (*bears) Limit(step);
    }
    if (ours_.contains(step)) Check(step);
  }
}

// Version 1: the kernel is told to hold processes at the limit rather than to kill one of them, so
// that it can be seen and told; Check() kills them all. Version 2 kills the whole group and counts
// it.
void Guard::Limit(const std::string& step) {
  const fs::path memory = tree_.Folder("memory", step), cpu = tree_.Folder("cpu", step);
  const std::string quota = std::to_string(limits_.cpu_millis * kCpuPeriod / 1000);
  if (limits_.cpu_millis > 0 && tree_.unified())
    WriteAll(cpu / "cpu.max", quota + " " + std::to_string(kCpuPeriod));
  if (limits_.cpu_millis > 0 && !tree_.unified()) WriteAll(cpu / "cpu.cfs_quota_us", quota);
  if (limits_.memory <= 0) return;
  const std::string bytes = std::to_string(limits_.memory);
  if (tree_.unified()) {
    WriteAll(memory / "memory.oom.group", "1");
    WriteAll(memory / "memory.swap.max", "0");
    WriteAll(memory / "memory.max", bytes);
    return;
  }
  WriteAll(memory / "memory.oom_control", "1");
  // Refused while more than that is in use already: then the limit is broken.
  out_of_memory_ = WriteAll(memory / "memory.limit_in_bytes", bytes) == EBUSY;
  WriteAll(memory / "memory.memsw.limit_in_bytes", bytes);
}

void Guard::Check(const std::string& step) {
  if (limits_.memory <= 0) return;
  const fs::path memory = tree_.Folder("memory", step);
  if (tree_.unified()) {
    const std::string events = ReadAll(memory / "memory.events");
    pressed_ = pressed_ || NumberOf(events, "max") > 0;
    out_of_memory_ = out_of_memory_ || NumberOf(events, "oom_kill") > 0;
    return;
  }
  pressed_ = pressed_ || std::atoll(ReadAll(memory / "memory.failcnt").c_str()) > 0;
  const std::string control = ReadAll(memory / "memory.oom_control");
  out_of_memory_ =
      out_of_memory_ || NumberOf(control, "under_oom") > 0 || NumberOf(control, "oom_kill") > 0;
  if (!out_of_memory_) return;
  for (const int pid : tree_.Processes(step)) ::kill(pid, SIGKILL);
}

}  // namespace ns::engine_docker
