// Holds the limits of a build's steps. BuildKit in dockerd takes no limits, so this sets them from
// outside on the cgroups that it makes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace ns::engine_docker {

struct Limits {
  int64_t memory = 0;      // bytes; 0: none
  int64_t cpu_millis = 0;  // 0: none
};

// Where the kernel and dockerd keep the cgroups of BuildKit's steps, either version.
class CgroupTree {
 public:
  // `parent`: dockerd's --cgroup-parent; `root`: where cgroups are mounted.
  explicit CgroupTree(std::string parent = "docker", std::filesystem::path root = "/sys/fs/cgroup");

  bool unified() const { return unified_; }
  // Whether this process may set limits there.
  bool CanLimit() const;
  // Names of the cgroups of all steps that run now, whosever: paths below a controller's root.
  std::vector<std::string> Steps() const;
  std::filesystem::path Folder(const std::string& controller, const std::string& step) const;
  std::vector<int> Processes(const std::string& step) const;

 private:
  const std::string parent_;
  const std::filesystem::path root_;
  const bool unified_;
};

// Steps whose processes bear `mark`.
std::set<std::string> MarkedSteps(const CgroupTree& tree, const std::string& mark);

// SIGKILL to every process of those steps until none is left or two seconds have passed. False:
// some are left.
bool KillSteps(const CgroupTree& tree, const std::string& mark);

// Watches one build. Not for use by two threads.
class Guard {
 public:
  Guard(const CgroupTree& tree, std::string mark, const Limits& limits);

  // Limits steps that are new; kills the step that reached its memory limit. Costs well under a
  // millisecond.
  void Look();
  bool out_of_memory() const { return out_of_memory_; }
  // A step has been at its limit, whatever came of it.
  bool pressed() const { return pressed_; }

 private:
  void Limit(const std::string& step);
  void Check(const std::string& step);

  const CgroupTree& tree_;
  const std::string mark_;
  const Limits limits_;
  std::set<std::string> foreign_, ours_;
  bool out_of_memory_ = false, pressed_ = false;
};

}  // namespace ns::engine_docker
