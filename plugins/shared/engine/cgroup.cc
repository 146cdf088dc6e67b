#include "engine/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ns::engine {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int64_t kCpuPeriod = 100'000;  // microseconds
constexpr auto kEnd = std::chrono::seconds(2);

std::string ReadAll(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

bool Write(const fs::path& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

std::vector<fs::path> Subfolders(const fs::path& path) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) found.push_back(entry->path());
  }
  return found;
}

void Collect(const fs::path& folder, std::vector<int>& pids) {
  std::istringstream text(ReadAll(folder / "cgroup.procs"));
  for (int pid = 0; text >> pid;) {
    if (pid > 0) pids.push_back(pid);
  }
  for (const fs::path& below : Subfolders(folder)) Collect(below, pids);
}

// Deepest first; a cgroup goes by rmdir, with the files in it.
void RemoveTree(const fs::path& folder) {
  for (const fs::path& below : Subfolders(folder)) RemoveTree(below);
  ::rmdir(folder.c_str());
}

int64_t NumberOf(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  std::string key;
  for (int64_t number = 0; lines >> key >> number;) {
    if (key == name) return number;
  }
  return 0;
}

}  // namespace

Cgroups::Cgroups(fs::path root)
    : root_(std::move(root)), unified_(fs::exists(root_ / "cgroup.controllers")) {}

bool Cgroups::CanLimit() const {
  if (::geteuid() != 0) return false;
  if (!unified_) return ::access((root_ / "memory").c_str(), W_OK) == 0;
  return ReadAll(root_ / "cgroup.controllers").find("memory") != std::string::npos &&
         ::access(root_.c_str(), W_OK) == 0;
}

fs::path Cgroups::Folder(const std::string& controller, const std::string& name) const {
  return (unified_ ? root_ : root_ / controller) / name;
}

std::vector<fs::path> Cgroups::Folders(const std::string& name) const {
  std::vector<fs::path> folders;
  if (unified_) return {root_ / name};
  for (const fs::path& hierarchy : Subfolders(root_)) folders.push_back(hierarchy / name);
  return folders;
}

bool Cgroups::Make(const std::string& name, const Limits& limits) const {
  std::error_code error;
  if (unified_) {
    fs::path at = root_;
    for (const fs::path& part : fs::path(name)) {
      Write(at / "cgroup.subtree_control", "+memory +cpu +pids");
      at /= part;
      fs::create_directory(at, error);
    }
    Write(at / "memory.oom.group", "1");
    Write(at / "memory.swap.max", "0");
    return (limits.memory <= 0 || Write(at / "memory.max", std::to_string(limits.memory))) &&
           (limits.processes <= 0 || Write(at / "pids.max", std::to_string(limits.processes))) &&
           (limits.cpu_millis <= 0 ||
            Write(at / "cpu.max", std::to_string(limits.cpu_millis * kCpuPeriod / 1000) + " " +
                                      std::to_string(kCpuPeriod)));
  }
  for (const char* controller : {"memory", "cpu", "pids"})
    fs::create_directories(Folder(controller, name), error);
  const fs::path memory = Folder("memory", name);
  const std::string bytes = std::to_string(limits.memory);
  if (limits.memory > 0 && !Write(memory / "memory.limit_in_bytes", bytes)) return false;
  if (limits.memory > 0) Write(memory / "memory.memsw.limit_in_bytes", bytes);
  return (limits.processes <= 0 ||
          Write(Folder("pids", name) / "pids.max", std::to_string(limits.processes))) &&
         (limits.cpu_millis <= 0 || Write(Folder("cpu", name) / "cpu.cfs_quota_us",
                                          std::to_string(limits.cpu_millis * kCpuPeriod / 1000)));
}

std::vector<int> Cgroups::Processes(const std::string& name) const {
  std::vector<int> pids;
  Collect(Folder("memory", name), pids);
  return pids;
}

bool Cgroups::Kill(const std::string& name) const {
  for (const auto until = Clock::now() + kEnd; Clock::now() < until; ::poll(nullptr, 0, 10)) {
    std::vector<int> pids;
    for (const fs::path& folder : Folders(name)) Collect(folder, pids);
    if (pids.empty()) return true;
    for (const int pid : pids) ::kill(pid, SIGKILL);
  }
  return false;
}

// Who made it may be about to remove parts of it, too.
bool Cgroups::Remove(const std::string& name) const {
  if (!Kill(name)) return false;
  const auto there = [](const fs::path& folder) { return fs::exists(folder); };
  const std::vector<fs::path> folders = Folders(name);
  for (const auto until = Clock::now() + kEnd; Clock::now() < until; ::poll(nullptr, 0, 10)) {
    for (const fs::path& folder : folders) RemoveTree(folder);
    if (std::none_of(folders.begin(), folders.end(), there)) return true;
  }
  return false;
}

std::vector<std::string> Cgroups::Below(const std::string& name) const {
  std::vector<std::string> names;
  for (const fs::path& folder : Subfolders(Folder("memory", name)))
    names.push_back(folder.filename().string());
  return names;
}

BuildCgroup::BuildCgroup(const Cgroups& cgroups, const std::string& name, const Limits& limits)
    : cgroups_(cgroups), name_(name) {
  if (!cgroups_.CanLimit()) return;
  made_ = cgroups_.Remove(name_) && cgroups_.Make(name_, limits);
  if (!made_) return;
  if (limits.memory > 0) Watch();
}

BuildCgroup::~BuildCgroup() {
  End();
  if (event_ >= 0) ::close(event_);
  if (control_ >= 0) ::close(control_);
}

// Version 1 tells by an event, which cannot be missed: the cgroup of the step that was killed may
// be gone when somebody looks.
void BuildCgroup::Watch() {
  if (cgroups_.unified()) return;
  const fs::path memory = cgroups_.Folder("memory", name_);
  event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  control_ = ::open((memory / "memory.oom_control").c_str(), O_RDONLY | O_CLOEXEC);
  if (event_ >= 0 && control_ >= 0)
    made_ = Write(memory / "cgroup.event_control",
                  std::to_string(event_) + " " + std::to_string(control_));
}

std::vector<std::string> BuildCgroup::Entries() const {
  if (!made_) return {};
  std::vector<std::string> entries;
  if (cgroups_.unified()) return {(cgroups_.Folder("", name_) / "cgroup.procs").string()};
  for (const char* controller : {"memory", "cpu", "pids"})
    entries.push_back((cgroups_.Folder(controller, name_) / "cgroup.procs").string());
  return entries;
}

bool BuildCgroup::OutOfMemory() {
  if (!made_ || out_of_memory_) return out_of_memory_;
  if (cgroups_.unified()) {
    const std::string events = ReadAll(cgroups_.Folder("memory", name_) / "memory.events");
    return out_of_memory_ = NumberOf(events, "oom_kill") > 0;
  }
  // One that somebody else has removed raises its event, too, and then never was at its limit.
  uint64_t times = 0;
  if (event_ < 0 || ::read(event_, &times, sizeof(times)) != sizeof(times)) return false;
  return out_of_memory_ = fs::exists(cgroups_.Folder("memory", name_));
}

// Removing one raises its event, too: what it says counts only before.
bool BuildCgroup::End() {
  if (!made_) return true;
  OutOfMemory();
  made_ = false;
  return cgroups_.Remove(name_);
}

}  // namespace ns::engine
