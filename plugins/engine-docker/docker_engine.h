// Builds with the BuildKit that is part of dockerd, by the Docker CLI, and pushes or exports
// through dockerd. docs/design/engine-docker.md says why.
#pragma once

#include <memory>
#include <string>

#include "buildpack_engine.h"
#include "cli.h"
#include "command_line.h"
#include "config.h"
#include "engine/secret_memory.h"
#include "engine/slots.h"
#include "export.h"
#include "guard.h"
#include "images.h"
#include "ns/sdk/engine.h"

namespace ns::engine_docker {

class DockerEngine : public sdk::Engine {
 public:
  explicit DockerEngine(const sdk::Setup& setup);

  // Leaves what builds of a killed host have left to Abort; needs no dockerd.
  void Activate(const sdk::Call& call) override;
  sdk::EngineAbilities Abilities() noexcept override;
  sdk::EngineResult Run(const sdk::Call& call, const sdk::EngineJob& job,
                        const sdk::ByteSink& log) override;
  void Abort(const sdk::Call& call, const std::string& build) override;

 private:
  engine::Mark MarkOf(const std::string& build) const { return {host_.installation(), build}; }
  std::string WorkFolder() const;
  using TimePoint = std::chrono::steady_clock::time_point;
  void Build(const sdk::Call& call, const sdk::EngineJob& job, const sdk::ByteSink& log,
             TimePoint deadline);
  // What is to be given of the image, and given.
  sdk::EngineResult Give(const sdk::Call& call, const sdk::EngineJob& job, const sdk::ByteSink& log,
                         TimePoint deadline);
  void TidyUp(const sdk::Call& call, const sdk::EngineJob& job) noexcept;
  void Forget(const sdk::EngineJob& job) noexcept;
  void Kill(const std::string& build);

  const sdk::Host host_;
  const Config config_;
  const CgroupTree cgroups_;
  Cli cli_;
  Images images_;
  Export export_;
  BuildpackEngine buildpacks_;
  engine::SecretMemory secrets_;
  engine::Slots slots_;
};

}  // namespace ns::engine_docker
