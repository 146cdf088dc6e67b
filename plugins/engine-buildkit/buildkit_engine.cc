#include "buildkit_engine.h"

#include <filesystem>

#include "building.h"
#include "digest/digest.h"
#include "engine/workplace.h"

namespace ns::engine_buildkit {
namespace {

namespace fs = std::filesystem;

std::string FolderOf(const sdk::Host& host) {
  const std::string data = host.data_dir();
  return data.empty() ? (fs::temp_directory_path() / "neoshowcase-engine-buildkit").string() : data;
}

// No other instance of this machine has the same.
std::string CgroupOfInstance(const std::string& folder) {
  return "neoshowcase-buildkit-" + digest::Sha256Hex(folder).substr(0, 8);
}

}  // namespace

BuildkitEngine::BuildkitEngine(const sdk::Setup& setup)
    : host_(setup.host),
      config_(ParseConfig(setup.config, engine::ThisMachine())),
      folder_(FolderOf(setup.host)),
      cgroup_(CgroupOfInstance(folder_)),
      daemon_(setup.host, config_, folder_, cgroup_),
      cache_keys_(setup.host),
      slots_(config_.concurrency) {}

void BuildkitEngine::Activate(const sdk::Call& call) {
  for (const std::string& build : engine::Workplace::Orphans(folder_)) Abort(call, build);
  if (!cgroups_.CanLimit())
    host_.log().Warn(
        "the limits of memory, CPU and processes of builds cannot be held on this machine: nsd "
        "needs root and /sys/fs/cgroup with the memory controller, writable");
}

sdk::EngineAbilities BuildkitEngine::Abilities() noexcept {
  sdk::EngineAbilities can;
  can.dockerfile = can.secrets = can.cache = can.exports = can.heredoc = can.time_limit = true;
  try {
    can.memory_limit = config_.memory > 0 && cgroups_.CanLimit();
  } catch (...) {
    can.memory_limit = false;
  }
  return can;
}

sdk::EngineResult BuildkitEngine::Run(const sdk::Call& call, const sdk::EngineJob& job,
                                      const sdk::ByteSink& receiver) {
  const engine::LogPump pump(call, receiver);
  engine::CheckJob(job);
  call.Check();
  const engine::Slots::Held slot = slots_.Take(call);
  // A step that named no cgroup would be limited too.
  if (cgroups_.CanLimit())
    cgroups_.Make(cgroup_ + "/rest", {config_.memory, config_.cpu_millis, config_.processes});
  daemon_.Ensure(call);
  try {
    const sdk::EngineResult result = Build(call, job, pump);
    TidyUp();
    return result;
  } catch (...) {
    TidyUp();
    throw;
  }
}

sdk::EngineResult BuildkitEngine::Build(const sdk::Call& call, const sdk::EngineJob& job,
                                        const engine::LogPump& pump) {
  const sdk::ByteSink& log = pump.sink();
  const std::string cgroup = cgroup_ + "/app-" + cache_keys_.Of(call, job);
  const engine::Turns::Held turn = turns_.Take(call, cgroup);
  if (!job.plan.secrets.empty() && job.plan.dockerfile_text.empty())
    log.Write("#build secrets, for RUN --mount=type=secret,id=...: " +
              engine::SecretNames(job.plan) + "\n");
  Building building({config_, daemon_, cgroups_, folder_, cgroup, host_.installation()}, job, pump);
  if (job.plan.export_path.empty()) {
    const std::string digest = building.Push(call);
    log.Write("#push " + job.reference + "@" + digest + "\n");
    return {digest, 0, sdk::ResultKind::kImage};
  }
  log.Write("#export " + job.plan.export_path + "\n");
  const int64_t bytes = building.Export(call);
  log.Write("#export " + std::to_string(bytes) + " bytes\n");
  return {"", bytes, sdk::ResultKind::kArtifact};
}

// A call of its own: the run's may be cancelled.
void BuildkitEngine::TidyUp() const noexcept {
  try {
    daemon_.ForgetHistory(sdk::Call());
    daemon_.BoundCache(sdk::Call());
  } catch (const std::exception& error) {
    host_.log().Debug("what builds have left in buildkitd stays for now",
                      {{"error", error.what()}});
  }
}

void BuildkitEngine::Abort(const sdk::Call&, const std::string& build) {
  engine::CheckId(build, "The build's id");
  engine::KillMarked(MarkOf(build));
  for (const std::string& cgroup : engine::Workplace::Notes(folder_, build, kCgroupNote)) {
    if (cgroup.starts_with(cgroup_ + "/") && !cgroups_.Remove(cgroup))
      host_.log().Warn("processes of a build do not end", {{"build", build}});
  }
  engine::Workplace::Forget(folder_, build);
  if (daemon_.Answers()) TidyUp();
}

}  // namespace ns::engine_buildkit
