// Builds with a buildkitd of its own, by buildctl, each build in a cgroup with its limits.
// docs/design/engine-buildkit.md says why.
#pragma once

#include <string>

#include "config.h"
#include "daemon.h"
#include "engine/cache_key.h"
#include "engine/cgroup.h"
#include "engine/log_pump.h"
#include "engine/run.h"
#include "engine/slots.h"
#include "engine/turns.h"
#include "ns/sdk/engine.h"

namespace ns::engine_buildkit {

class BuildkitEngine : public sdk::Engine {
 public:
  explicit BuildkitEngine(const sdk::Setup& setup);

  // Ends what builds of a killed host have left. Needs no buildkitd: that is started for the first
  // build.
  void Activate(const sdk::Call& call) override;
  sdk::EngineAbilities Abilities() noexcept override;
  sdk::EngineResult Run(const sdk::Call& call, const sdk::EngineJob& job,
                        const sdk::ByteSink& receiver) override;
  void Abort(const sdk::Call& call, const std::string& build) override;

 private:
  engine::Mark MarkOf(const std::string& build) const { return {host_.installation(), build}; }
  sdk::EngineResult Build(const sdk::Call& call, const sdk::EngineJob& job,
                          const engine::LogPump& pump);
  // What buildkitd has kept of the logs of runs, and of their layers beyond the bound.
  void TidyUp() const noexcept;

  const sdk::Host host_;
  const Config config_;
  const engine::Cgroups cgroups_;
  const std::string folder_;  // of this instance
  const std::string cgroup_;  // that those of builds are in
  Daemon daemon_;
  engine::CacheKeys cache_keys_;
  engine::Turns turns_;  // by cgroup
  engine::Slots slots_;
};

}  // namespace ns::engine_buildkit
