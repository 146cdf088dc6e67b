// One run of the lifecycle's phases.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "alarm.h"
#include "config.h"
#include "lifecycle_failure.h"
#include "lifecycle_files.h"
#include "ns/sdk/engine.h"
#include "phase_docker.h"

namespace ns::engine_docker {

// What containers and volumes of a build bear, and how their names begin: "nsbuildpack-b1-".
docker::Labels BuildpackLabels(const std::string& installation, const std::string& build);
std::string BuildpackName(const std::string& build);

// Removes the containers and volumes that bear these labels and names that begin so.
void SweepBuildpacks(PhaseDocker& docker, const sdk::Call& call, const docker::Labels& labels,
                     const std::string& prefix);

// What a run is made of beside the job.
struct BuildpackSpec {
  docker::Labels labels;
  std::string cache;     // volume; empty: none
  std::string previous;  // image of the application's last build, whose layers may be used again
  std::chrono::steady_clock::time_point deadline;
};

// Lives for one run; removes its containers and volumes with it. What it is given must outlive it.
class BuildpackJob {
 public:
  BuildpackJob(PhaseDocker& docker, const Config& config, const sdk::Call& call,
               const sdk::EngineJob& job, const sdk::ByteSink& log, BuildpackSpec spec);
  ~BuildpackJob();
  BuildpackJob(const BuildpackJob&) = delete;
  BuildpackJob& operator=(const BuildpackJob&) = delete;

  // Runs all phases. The digest of the image that was pushed; empty where a folder is wanted.
  std::string Run();
  // The container that the buildpacks have built in; it does not run any more.
  std::string BuildContainer() const { return Name(Phase::kBuild); }

 private:
  // How a phase differs from the others.
  struct Ways {
    Phase phase;
    std::string program;               // of the lifecycle: "detector"
    bool trusted = false;              // the source's code does not run in it
    std::vector<std::string> volumes;  // "layers", "workspace", "cache"
    std::vector<std::string> env{}, arguments{};
    std::vector<std::string> hands_on{};  // the files that later phases are given: "group.toml"
  };

  bool site() const { return !job_.plan.export_path.empty(); }
  std::string Name(Phase phase) const { return name_ + NameOf(phase); }
  void FindBuilder();
  void Pull();
  void MakeVolumes();
  void Make(const Ways& ways);
  void RemoveBehind(Phase phase);
  void RunPhase(const Ways& ways);
  void RunToEnd(const Ways& ways);
  sdk::Error NoRunImage(const std::string& words);
  PhaseSpec SpecOf(const Ways& ways) const;
  std::vector<TarFile> FilesFor(const Ways& ways) const;
  void Put(Phase phase, const std::string& folder, const std::string& tar);
  void PutSource(Phase phase);
  std::map<std::string, std::string> Read(Phase phase, const std::string& path);
  std::string ChooseProcess();
  void Export();

  PhaseDocker& docker_;
  const Config& config_;
  const sdk::Call& call_;
  const sdk::EngineJob& job_;
  const sdk::ByteSink& log_;
  const BuildpackSpec spec_;
  const std::string name_;
  const Alarm alarm_;
  const std::vector<http::Watched> watched_;
  Owner owner_;  // as whom buildpacks run
  ImageFacts builder_;
  std::map<std::string, std::string> state_;  // what phases hand on, by name
  std::map<Phase, std::future<void>> made_;   // containers of phases that have not begun
  std::vector<std::future<void>> removed_;    // of those that have ended
};

}  // namespace ns::engine_docker
