// Builds with the BuildKit that is part of dockerd, by the Docker CLI, and pushes or exports
// through dockerd. docs/design/engine-docker.md says why.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "buildpack_engine.h"
#include "cli.h"
#include "command_line.h"
#include "config.h"
#include "engine/cache_key.h"
#include "engine/cgroup.h"
#include "engine/log_pump.h"
#include "engine/slots.h"
#include "engine/turns.h"
#include "export.h"
#include "guard.h"
#include "images.h"
#include "ns/sdk/engine.h"

namespace ns::engine_docker {

class DockerEngine : public sdk::Engine {
 public:
  explicit DockerEngine(const sdk::Setup& setup);

  // Ends what builds of a killed host have left, as far as dockerd answers.
  void Activate(const sdk::Call& call) override;
  sdk::EngineAbilities Abilities() noexcept override;
  sdk::EngineResult Run(const sdk::Call& call, const sdk::EngineJob& job,
                        const sdk::ByteSink& receiver) override;
  void Abort(const sdk::Call& call, const std::string& build) override;

 private:
  static std::string WorkFolderOf(const sdk::Host& host);
  engine::Mark MarkOf(const std::string& build) const { return {host_.installation(), build}; }
  std::string WorkFolder() const { return WorkFolderOf(host_); }
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Terms {
    TimePoint deadline;
    std::string cache_key;
  };
  void Build(const sdk::Call& call, const sdk::EngineJob& job, const engine::LogPump& pump,
             const Terms& terms);
  // What is to be given of the image, and given.
  sdk::EngineResult Give(const sdk::Call& call, const sdk::EngineJob& job, const sdk::ByteSink& log,
                         TimePoint deadline);
  void TidyUp(const sdk::Call& call, const sdk::EngineJob& job) noexcept;
  void Forget(const sdk::EngineJob& job) noexcept;
  StepTree Steps(const sdk::Call& call);
  std::string CgroupOf(const std::string& build) const { return cgroup_ + "/" + build; }
  void Kill(const StepTree& steps, const std::string& build);

  const sdk::Host host_;
  const Config config_;
  const engine::Cgroups cgroups_;
  const std::string cgroup_;  // that those of builds are in
  Cli cli_;
  Images images_;
  Export export_;
  BuildpackEngine buildpacks_;
  std::mutex mutex_;
  std::string data_root_;  // dockerd's, once it is known
  engine::CacheKeys cache_keys_;
  engine::Turns turns_;  // by cache key: BuildKit lets builds that do the same share its doing
  engine::Slots slots_;
};

}  // namespace ns::engine_docker
