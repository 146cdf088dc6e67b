// Runs plans of Cloud Native Buildpacks: the phases of the lifecycle, each in a container of its
// own, so that the source's code never runs beside the registry's credentials.
// docs/design/buildpacks.md says why.
#pragma once

#include <chrono>
#include <string>

#include "buildpack_cache.h"
#include "config.h"
#include "export.h"
#include "ns/sdk/engine.h"
#include "phase_docker.h"

namespace ns::engine_docker {

// [any-thread]
class BuildpackEngine {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  // `exporter` must outlive it.
  BuildpackEngine(sdk::Host host, const Config& config, Export& exporter)
      : host_(host),
        config_(config),
        docker_(config.socket),
        export_(exporter),
        cache_(host, docker_, config.buildpack_cache) {}

  // Builds and pushes, or gives the folder that the plan wants; both reference and ids are checked
  // by the caller. Failures as of sdk::Engine. Leaves the cache and nothing else.
  sdk::EngineResult Run(const sdk::Call& call, const sdk::EngineJob& job, const sdk::ByteSink& log,
                        TimePoint deadline);
  // Removes what dead runs of that build have left.
  void Forget(const sdk::Call& call, const std::string& build);

 private:
  sdk::EngineResult Build(const sdk::Call& call, const sdk::EngineJob& job,
                          const sdk::ByteSink& log, TimePoint deadline);
  std::string Previous(const sdk::Call& call, const sdk::EngineJob& job);
  void Remember(const sdk::Call& call, const sdk::EngineJob& job, const std::string& digest);

  const sdk::Host host_;
  const Config config_;
  PhaseDocker docker_;
  Export& export_;
  BuildpackCache cache_;
};

}  // namespace ns::engine_docker
