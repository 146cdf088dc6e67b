// Holds the limits of a build. BuildKit in dockerd takes no limits, so this moves its steps into
// the cgroup of the build.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "engine/cgroup.h"

namespace ns::engine_docker {

// Where the kernel and dockerd keep BuildKit's steps, cgroups of either version.
class StepTree {
 public:
  // `parent`: dockerd's --cgroup-parent; `executor`: where its BuildKit keeps what runc is told of
  // each step, empty where that is not known; `root`: where cgroups are mounted.
  StepTree(std::string parent, std::filesystem::path executor,
           std::filesystem::path root = "/sys/fs/cgroup");

  bool unified() const { return unified_; }
  // Names of the cgroups of all steps that run now, whosever: paths below a controller's root.
  std::vector<std::string> Steps() const;
  std::filesystem::path Folder(const std::string& controller, const std::string& step) const;
  std::vector<int> Processes(const std::string& step) const;
  // What runc was told of a step: JSON; empty where that is not known.
  std::string ConfigOf(const std::string& step) const;

 private:
  const std::string parent_;
  const std::filesystem::path executor_, root_;
  const bool unified_;
};

// Steps that bear `mark`.
std::set<std::string> MarkedSteps(const StepTree& tree, const std::string& mark);

// SIGKILL to every process of those steps until none is left or two seconds have passed. False:
// some are left.
bool KillSteps(const StepTree& tree, const std::string& mark);

// Watches one build. Not for use by two threads.
class Guard {
 public:
  // `mark`: what no step of another build can bear. `cgroup`: the build's, with its limits.
  Guard(const StepTree& tree, std::string mark, const engine::BuildCgroup& cgroup,
        const engine::Limits& limits);

  // Moves what is new. Costs well under a millisecond.
  void Look();
  // A step had more memory than the limit before it was seen.
  bool out_of_memory() const { return out_of_memory_; }

 private:
  void Limit(const std::string& step);
  void Move(const std::string& step);

  const StepTree& tree_;
  const std::string mark_;
  const std::vector<std::string> entries_;
  const engine::Limits limits_;
  std::set<std::string> foreign_, ours_;
  bool out_of_memory_ = false;
};

}  // namespace ns::engine_docker
