// All limits of one build but that of time.
#pragma once

#include <string>

#include "config.h"
#include "engine/cgroup.h"
#include "engine/disk_watch.h"
#include "engine/run.h"
#include "guard.h"

namespace ns::engine_docker {

// What is left of the build when it is destroyed is ended. Not for use by two threads.
class BuildLimits {
 public:
  // `name`: of the build's cgroup; `mark`: what no step of another build can bear. What is referred
  // to must outlive it.
  BuildLimits(const engine::Cgroups& cgroups, const std::string& name, const StepTree& steps,
              std::string mark, const Config& config)
      : config_(config),
        limits_{config.memory, config.cpu_millis, config.pids},
        cgroup_(cgroups, name, limits_),
        guard_(steps, std::move(mark), cgroup_, limits_),
        disk_(cgroups, name, config.disk) {}

  // Holds them, if it is called every 20 ms. False: one is broken.
  bool Hold() {
    guard_.Look();
    return !guard_.out_of_memory() && !cgroup_.OutOfMemory() && !disk_.Over();
  }
  // Ends what is left. Whether one was broken is known by then.
  void End() {
    out_of_memory_ = guard_.out_of_memory() || cgroup_.OutOfMemory();
    out_of_disk_ = disk_.Over(true);
    cgroup_.End();
  }
  // After End; throws OutOfMemory or OutOfDisk where one was.
  void Check() const {
    if (out_of_memory_) throw engine::OutOfMemory("The build", config_.memory);
    if (out_of_disk_) throw engine::OutOfDisk(config_.disk);
  }

 private:
  const Config& config_;
  const engine::Limits limits_;
  engine::BuildCgroup cgroup_;
  Guard guard_;
  engine::DiskWatch disk_;
  bool out_of_memory_ = false, out_of_disk_ = false;
};

}  // namespace ns::engine_docker
