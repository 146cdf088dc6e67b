// Builds with buildah, without a daemon. docs/design/engine-buildah.md says why.
#pragma once

#include <string>

#include "config.h"
#include "engine/cgroup.h"
#include "engine/run.h"
#include "ns/sdk/engine.h"
#include "slot.h"

namespace ns::engine_buildah {

class BuildahEngine : public sdk::Engine {
 public:
  explicit BuildahEngine(const sdk::Setup& setup);

  void Activate(const sdk::Call& call) override;
  sdk::EngineAbilities Abilities() noexcept override;
  sdk::EngineResult Run(const sdk::Call& call, const sdk::EngineJob& job,
                        const sdk::ByteSink& log) override;
  void Abort(const sdk::Call& call, const std::string& build) override;

 private:
  engine::Mark MarkOf(const std::string& build) const { return {host_.installation(), build}; }
  std::string CgroupOf(const std::string& build) const { return cgroup_ + "/" + build; }
  std::string Buildah() const;
  Slot TakeSlot(const sdk::Call& call) const;
  sdk::EngineResult Build(const sdk::Call& call, const sdk::EngineJob& job,
                          const sdk::ByteSink& log, const Slot& slot);
  void TidyUp(const Slot& slot, const sdk::EngineJob& job) const noexcept;

  const sdk::Host host_;
  const Config config_;
  const engine::Cgroups cgroups_;
  const std::string folder_;  // of this instance
  const std::string cgroup_;  // that those of builds are in
};

}  // namespace ns::engine_buildah
