// Gives a folder of an image as a tar archive, without running anything of it: by a container that
// is made and never started.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "docker/engine.h"
#include "ns/sdk/engine.h"

namespace ns::engine_docker {

// [any-thread]
class Export {
 public:
  // `most`: bytes that one export may have; 0: no limit.
  explicit Export(const std::string& socket, int64_t most = 0) : engine_(socket), most_(most) {}

  // Gives the folder `export_path` of the image `reference` of the job to the job's sink; the bytes
  // given. Links on the way to it are followed while they stay below the folder that they are in.
  // Throws ArtifactMissing, ArtifactNotAFolder or PathOutsideSource, the source's fault,
  // EngineUnavailable, TimedOut after `deadline`, OutOfDisk, and what the sink throws. Nothing of
  // it stays.
  sdk::EngineResult Give(const sdk::Call& call, const std::string& installation,
                         const sdk::EngineJob& job, std::chrono::steady_clock::time_point deadline);
  // The same of a container that does not run, whoever made it; it stays.
  sdk::EngineResult GiveFrom(const sdk::Call& call, const std::string& container,
                             const sdk::EngineJob& job,
                             std::chrono::steady_clock::time_point deadline);
  // Removes what dead runs of that build have left.
  void Forget(const sdk::Call& call, const std::string& installation, const std::string& build);

 private:
  class Container;
  std::optional<docker::PathStat> Look(const sdk::Call& call, const std::string& container,
                                       const std::string& path);
  std::string Find(const sdk::Call& call, const std::string& container, const std::string& path);

  docker::Engine engine_;
  const int64_t most_;
};

}  // namespace ns::engine_docker
