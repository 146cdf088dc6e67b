// One run: buildctl, in the cgroup, the folder and the time of the build.
#pragma once

#include <chrono>
#include <string>

#include "child/child.h"
#include "config.h"
#include "daemon.h"
#include "engine/cgroup.h"
#include "engine/disk_watch.h"
#include "engine/folder_of_tar.h"
#include "engine/log_pump.h"
#include "engine/progress.h"
#include "engine/workplace.h"
#include "ns/sdk/engine.h"

namespace ns::engine_buildkit {

// What a run notes in its folder: the cgroup of its steps.
inline constexpr const char* kCgroupNote = "cgroup";

// What is left of it when it is destroyed is ended. Not for use by two threads.
class Building {
 public:
  struct Setting {
    const Config& config;
    const Daemon& daemon;
    const engine::Cgroups& cgroups;
    std::string folder, cgroup, installation;
  };
  // The job, the log and what `setting` refers to must outlive it.
  Building(const Setting& setting, const sdk::EngineJob& job, const engine::LogPump& pump);

  // Builds and pushes; the digest. Both throw what says why it failed and whose fault it is.
  std::string Push(const sdk::Call& call);
  // Builds and gives the folder that the plan wants; the bytes given.
  int64_t Export(const sdk::Call& call);

 private:
  child::ChildSpec Spec();
  bool Pass(const sdk::Call& call, engine::FolderOfTar& folder);
  void Judge(const sdk::Call& call, const child::ChildResult& result);

  const Setting setting_;
  const sdk::EngineJob& job_;
  const engine::LogPump& pump_;
  const std::chrono::steady_clock::time_point deadline_;
  const int64_t daemon_pid_;
  engine::Workplace workplace_;
  child::MemoryFile logins_;
  engine::BuildCgroup cgroup_;
  engine::DiskWatch disk_;
  engine::Progress progress_;
};

}  // namespace ns::engine_buildkit
