// Builds with a buildkitd of its own, by buildctl, each build in a cgroup with its limits.
// docs/design/engine-buildkit.md says why.
#pragma once

#include <string>

#include "config.h"
#include "daemon.h"
#include "engine/cgroup.h"
#include "engine/run.h"
#include "engine/secret_memory.h"
#include "engine/slots.h"
#include "ns/sdk/engine.h"

namespace ns::engine_buildkit {

class BuildkitEngine : public sdk::Engine {
 public:
  explicit BuildkitEngine(const sdk::Setup& setup);

  // Needs no buildkitd: that is started for the first build.
  void Activate(const sdk::Call& call) override;
  sdk::EngineAbilities Abilities() noexcept override;
  sdk::EngineResult Run(const sdk::Call& call, const sdk::EngineJob& job,
                        const sdk::ByteSink& log) override;
  void Abort(const sdk::Call& call, const std::string& build) override;

 private:
  engine::Mark MarkOf(const std::string& build) const { return {host_.installation(), build}; }
  std::string CgroupOf(const std::string& build) const { return cgroup_ + "/" + build; }
  sdk::EngineResult Build(const sdk::Call& call, const sdk::EngineJob& job,
                          const sdk::ByteSink& log);
  // What buildkitd has kept of the logs of runs.
  void ForgetHistory() const noexcept;

  const sdk::Host host_;
  const Config config_;
  const engine::Cgroups cgroups_;
  const std::string folder_;  // of this instance
  const std::string cgroup_;  // that those of builds are in
  Daemon daemon_;
  engine::SecretMemory secrets_;
  engine::Slots slots_;
};

}  // namespace ns::engine_buildkit
