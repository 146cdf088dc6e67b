#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <optional>

namespace ns::engine_docker {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr int kLook = 20;    // milliseconds
constexpr int kRounds = 50;  // of moving: a process may start others meanwhile

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

// Of the environment that runc was told; nullopt where it is not known.
std::optional<bool> Told(const std::string& config, const std::string& variable) {
  json::error_code error;
  const json::value value = json::parse(config, error);
  const json::value* env = error ? nullptr : value.find_pointer("/process/env", error);
  if (!env || !env->is_array()) return std::nullopt;
  return std::ranges::any_of(env->get_array(), [&](const json::value& one) {
    return one.is_string() && std::string_view(one.get_string()).starts_with(variable);
  });
}

// Whether the step bears the mark; nullopt while nobody can say. A command may drop its
// environment, so that of its processes counts only where there is nothing better; runc's own is
// another.
std::optional<bool> Bears(const StepTree& tree, const std::string& step, const std::string& mark) {
  const std::string variable = "NO_PROXY=" + mark;
  std::optional<bool> bears = Told(tree.ConfigOf(step), variable);
  if (bears) return bears;
  for (const int pid : tree.Processes(step)) {
    const fs::path process = fs::path("/proc") / std::to_string(pid);
    if (ReadAll(process / "comm").starts_with("runc")) continue;
    const std::string environment = ReadAll(process / "environ");
    if (environment.find(variable) != std::string::npos) return true;
    if (!environment.empty()) bears = false;
  }
  return bears;
}

}  // namespace

StepTree::StepTree(std::string parent, fs::path executor, fs::path root)
    : parent_(std::move(parent)),
      executor_(std::move(executor)),
      root_(std::move(root)),
      unified_(fs::exists(root_ / "cgroup.controllers")) {}

std::string StepTree::ConfigOf(const std::string& step) const {
  if (executor_.empty()) return "";
  return ReadAll(executor_ / step.substr(step.find_last_of("/:") + 1) / "config.json");
}

fs::path StepTree::Folder(const std::string& controller, const std::string& step) const {
  return (unified_ ? root_ : root_ / controller) / step;
}

// With dockerd's cgroupfs driver "docker/buildkit/<id>"; with its systemd driver BuildKit of 20.10
// makes "system.slice:buildkit:<id>".
std::vector<std::string> StepTree::Steps() const {
  std::vector<std::string> steps;
  const std::string below = (fs::path(parent_) / "buildkit").relative_path().string();
  for (const std::string& name : FoldersIn(Folder("memory", below)))
    steps.push_back(below + "/" + name);
  for (const std::string& name : FoldersIn(Folder("memory", ""))) {
    if (name.find(":buildkit:") != std::string::npos) steps.push_back(name);
  }
  return steps;
}

std::vector<int> StepTree::Processes(const std::string& step) const {
  std::vector<int> pids;
  const std::string text = ReadAll(Folder("memory", step) / "cgroup.procs");
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (const int pid = std::atoi(text.substr(at, end - at).c_str()); pid > 0) pids.push_back(pid);
    at = end + 1;
  }
  return pids;
}

std::set<std::string> MarkedSteps(const StepTree& tree, const std::string& mark) {
  std::set<std::string> marked;
  for (const std::string& step : tree.Steps()) {
    if (Bears(tree, step, mark).value_or(false)) marked.insert(step);
  }
  return marked;
}

bool KillSteps(const StepTree& tree, const std::string& mark) {
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

Guard::Guard(const StepTree& tree, std::string mark, const engine::BuildCgroup& cgroup,
             const engine::Limits& limits)
    : tree_(tree), mark_(std::move(mark)), entries_(cgroup.Entries()), limits_(limits) {}

void Guard::Look() {
  if (entries_.empty()) return;
  for (const std::string& step : tree_.Steps()) {
    if (foreign_.contains(step)) continue;
    if (!ours_.contains(step)) {
      const std::optional<bool> bears = Bears(tree_, step, mark_);
      if (!bears) continue;
      (*bears ? ours_ : foreign_).insert(step);
      if (*bears) Limit(step);
    }
    if (ours_.contains(step)) Move(step);
  }
}

// What the step has by now stays charged to its own cgroup, and counts by itself.
void Guard::Limit(const std::string& step) {
  const fs::path memory = tree_.Folder("memory", step);
  if (limits_.processes > 0)
    WriteAll(tree_.Folder("pids", step) / "pids.max", std::to_string(limits_.processes));
  if (limits_.memory <= 0) return;
  const std::string bytes = std::to_string(limits_.memory);
  if (tree_.unified()) {
    WriteAll(memory / "memory.swap.max", "0");
    WriteAll(memory / "memory.max", bytes);
    out_of_memory_ = out_of_memory_ || NumberOf(ReadAll(memory / "memory.events"), "oom_kill") > 0;
    return;
  }
  // Refused while more than that is in use already.
  out_of_memory_ = out_of_memory_ || WriteAll(memory / "memory.limit_in_bytes", bytes) == EBUSY;
}

void Guard::Move(const std::string& step) {
  for (int round = 0; round < kRounds; ++round) {
    bool moved = false;
    for (const int pid : tree_.Processes(step)) {
      for (const std::string& entry : entries_)
        moved = WriteAll(entry, std::to_string(pid)) == 0 || moved;
    }
    if (!moved) return;
  }
}

}  // namespace ns::engine_docker
