#include "buildah_engine.h"

#include <unistd.h>

#include <filesystem>

#include "building.h"
#include "child/child.h"
#include "digest/digest.h"
#include "engine/log_pump.h"
#include "engine/workplace.h"
#include "failure.h"
#include "sandbox.h"
#include "secrets_seen.h"
#include "store.h"

namespace ns::engine_buildah {
namespace {

namespace fs = std::filesystem;

std::string FolderOf(const sdk::Host& host) {
  const std::string data = host.data_dir();
  return data.empty() ? (fs::temp_directory_path() / "neoshowcase-engine-buildah").string() : data;
}

// No other instance of this machine has the same.
std::string CgroupOfInstance(const std::string& folder) {
  return "neoshowcase-buildah-" + digest::Sha256Hex(folder).substr(0, 8);
}

// What the machine has got for the network of a build.
void RemoveLink(const Slot& slot) {
  child::ChildSpec spec;
  spec.reason = NS_REASON_ENGINE_UNAVAILABLE;
  spec.argv = RemoveUplink(UplinkOf(slot.folder()));
  spec.env = {kPath};
  spec.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  spec.output = [](std::string_view) {};
  spec.tick = [] { return true; };
  child::RunChild(sdk::Call(), spec);
}

}  // namespace

BuildahEngine::BuildahEngine(const sdk::Setup& setup)
    : host_(setup.host),
      config_(ParseConfig(setup.config, engine::ThisMachine())),
      folder_(FolderOf(setup.host)),
      cgroup_(CgroupOfInstance(folder_)) {}

void BuildahEngine::Activate(const sdk::Call&) {
  if (config_.Limited() && !cgroups_.CanLimit()) host_.log().Warn(UnlimitedWords(false));
}

sdk::EngineAbilities BuildahEngine::Abilities() noexcept {
  sdk::EngineAbilities can;
  can.dockerfile = can.secrets = can.cache = can.exports = can.time_limit = true;
  try {
    can.memory_limit = config_.memory > 0 && cgroups_.CanLimit();
  } catch (...) {
    can.memory_limit = false;
  }
  return can;
}

std::string BuildahEngine::Buildah() const {
  if (::geteuid() != 0)
    throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
                     "engine-buildah needs root; run nsd as root, or use another engine.",
                     sdk::Fault::kOperator);
  return engine::FindProgram(config_.binary, "buildah", "buildah");
}

Slot BuildahEngine::TakeSlot(const sdk::Call& call) const {
  while (true) {
    if (auto slot = Slot::Take(folder_, config_)) return std::move(*slot);
    call.Wait(std::chrono::milliseconds(50));
  }
}

sdk::EngineResult BuildahEngine::Run(const sdk::Call& call, const sdk::EngineJob& job,
                                     const sdk::ByteSink& log) {
  engine::CheckJob(job);
  call.Check();
  const std::string buildah = Buildah();
  const Slot slot = TakeSlot(call);
  if (!Store(slot, buildah).PutAway(call))
    host_.log().Warn("what an earlier build has left cannot be removed", {{"slot", slot.folder()}});
  slot.Prepare(job.app);
  const engine::LogPump pump(call, log);
  try {
    const sdk::EngineResult result = Build(call, job, pump.sink(), slot);
    TidyUp(slot, job);
    return result;
  } catch (...) {
    TidyUp(slot, job);
    throw;
  }
}

sdk::EngineResult BuildahEngine::Build(const sdk::Call& call, const sdk::EngineJob& job,
                                       const sdk::ByteSink& log, const Slot& slot) {
  const SecretsSeen secrets(slot, job.app);
  const bool use_cache = secrets.Fit(job.plan.secrets);
  if (!job.plan.secrets.empty() && job.plan.dockerfile_text.empty())
    log.Write("#build secrets, for RUN --mount=type=secret,id=...: " +
              engine::SecretNames(job.plan) + "\n");
  if (!use_cache) log.Write("#build without cache, since the build variables may have changed\n");
  Building building(
      {config_, cgroups_, slot, Buildah(), CgroupOf(job.build), host_.installation(), use_cache},
      job, log);
  building.Pull(call);
  building.Build(call);
  secrets.Remember(job.plan.secrets);
  if (job.plan.export_path.empty()) {
    log.Write("#push " + job.reference + "\n");
    return {building.Push(call), 0, sdk::ResultKind::kImage};
  }
  log.Write("#export " + job.plan.export_path + "\n");
  const int64_t bytes = building.Export(call);
  log.Write("#export " + std::to_string(bytes) + " bytes\n");
  return {"", bytes, sdk::ResultKind::kArtifact};
}

// A call of its own: the run's may be cancelled. What cannot be removed now goes with the next one.
void BuildahEngine::TidyUp(const Slot& slot, const sdk::EngineJob& job) const noexcept {
  try {
    cgroups_.Remove(CgroupOf(job.build));
    RemoveLink(slot);
    const Store store(slot, Buildah());
    store.Bound(sdk::Call(), job.app, config_.cache / config_.concurrency);
    store.PutAway(sdk::Call());
  } catch (const std::exception& error) {
    host_.log().Debug("what a build has left stays for now", {{"error", error.what()}});
  }
}

void BuildahEngine::Abort(const sdk::Call& call, const std::string& build) {
  engine::CheckId(build, "The build's id");
  engine::KillMarked(MarkOf(build));
  if (!cgroups_.Remove(CgroupOf(build)))
    host_.log().Warn("processes of a build do not end", {{"build", build}});
  const auto slot = Slot::OfBuild(folder_, config_, build);
  if (!slot) return;
  RemoveLink(*slot);
  if (!Store(*slot, Buildah()).PutAway(call))
    host_.log().Warn("what a build has left cannot be removed", {{"build", build}});
  engine::Workplace::Forget(slot->folder(), build);
}

}  // namespace ns::engine_buildah
