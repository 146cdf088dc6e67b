// A cgroup of a build's own, with its limits: whatever the build starts is in it from its first
// instruction on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ns::engine {

struct Limits {
  int64_t memory = 0;      // bytes, swap not counted beside; 0: none
  int64_t cpu_millis = 0;  // thousandths of a CPU; 0: none
  int64_t processes = 0;   // threads count; 0: none
};

// Cgroups of either version below a root. [any-thread]
class Cgroups {
 public:
  explicit Cgroups(std::filesystem::path root = "/sys/fs/cgroup");

  bool unified() const { return unified_; }
  // Whether this process may make some and limit memory.
  bool CanLimit() const;
  // The folders of a cgroup, one for each hierarchy that there is.
  std::vector<std::filesystem::path> Folders(const std::string& name) const;
  std::filesystem::path Folder(const std::string& controller, const std::string& name) const;
  // Makes it with its limits. False: the kernel refuses.
  bool Make(const std::string& name, const Limits& limits) const;
  // SIGKILL to all that is in it and below, until nothing is or two seconds have passed, then
  // removes it. False: something is left. One that is not there is fine.
  bool Remove(const std::string& name) const;
  // Of one and of all below it whose memory counts there.
  std::vector<int> Processes(const std::string& name) const;
  // Names of those right below one.
  std::vector<std::string> Below(const std::string& name) const;

 private:
  bool Kill(const std::string& name) const;

  const std::filesystem::path root_;
  const bool unified_;
};

// One that lasts for one build. Not for use by two threads.
class BuildCgroup {
 public:
  // `name`: "neoshowcase-home/build1". What a dead run has left under that name is ended first.
  BuildCgroup(const Cgroups& cgroups, const std::string& name, const Limits& limits);
  ~BuildCgroup();
  BuildCgroup(const BuildCgroup&) = delete;
  BuildCgroup& operator=(const BuildCgroup&) = delete;

  const std::string& name() const { return name_; }
  // Whether it is there, and holds.
  bool made() const { return made_; }
  // Files that a process enters it by.
  std::vector<std::string> Entries() const;
  // Whether the limit of memory has cost a process its life, or would have. Once true it stays so.
  bool OutOfMemory();
  // False: processes are left.
  bool End();

 private:
  void Watch();

  const Cgroups& cgroups_;
  const std::string name_;
  bool made_ = false, out_of_memory_ = false;
  int event_ = -1, control_ = -1;  // version 1: told by the kernel
};

}  // namespace ns::engine
