// One run: buildah, in the stores, the cgroup, the folder and the time of the build.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "child/child.h"
#include "command_line.h"
#include "config.h"
#include "disk_growth.h"
#include "engine/cgroup.h"
#include "engine/progress.h"
#include "engine/workplace.h"
#include "ns/sdk/engine.h"
#include "sandbox.h"
#include "slot.h"

namespace ns::engine_buildah {

// What is left of it when it is destroyed is ended. Not for use by two threads.
class Building {
 public:
  struct Setting {
    const Config& config;
    const engine::Cgroups& cgroups;
    const Slot& slot;
    std::string buildah, cgroup, installation;
    bool use_cache = true;
  };
  // The job, the log and what `setting` refers to must outlive it. Throws EngineUnavailable where
  // the limits cannot be held.
  Building(const Setting& setting, const sdk::EngineJob& job, const sdk::ByteSink& log);
  ~Building();

  // All throw what says why they failed and whose fault it is.
  // Brings the base images, with the credentials of registries, before anything of the source runs.
  void Pull(const sdk::Call& call);
  // Carries out the Dockerfile, in the sandbox.
  void Build(const sdk::Call& call);
  // Pushes what was built, after it; the digest.
  std::string Push(const sdk::Call& call);
  // Gives the folder that the plan wants of what was built; the bytes given.
  int64_t Export(const sdk::Call& call);

 private:
  Sandbox BuildSandbox() const;
  // Of what comes after the build.
  CommandLine OnStore(const CommandLine& line) const;
  child::ChildResult Run(
      const sdk::Call& call, const CommandLine& line, const std::vector<int>& inherited,
      const std::function<void(std::string_view)>& output,
      const std::function<bool()>& goes_on = [] { return true; });
  // Says so where a limit or the caller has ended it.
  void Judge(const sdk::Call& call, const child::ChildResult& result);
  const Setting setting_;
  const sdk::EngineJob& job_;
  const engine::Mark mark_;
  const std::chrono::steady_clock::time_point deadline_;
  engine::Workplace workplace_;
  child::MemoryFile logins_;
  engine::BuildCgroup own_, steps_;  // of buildah, without limits, and of what it starts
  Circumstances circumstances_;
  DiskGrowth disk_;
  engine::Progress progress_;
};

}  // namespace ns::engine_buildah
