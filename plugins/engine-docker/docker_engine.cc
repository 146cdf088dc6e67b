#include "docker_engine.h"

#include <filesystem>

#include "child/child.h"
#include "engine/failure.h"
#include "engine/progress.h"
#include "engine/run.h"
#include "engine/workplace.h"

namespace ns::engine_docker {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr size_t kKeepOlder =
    1;  // images of an application beside the newest, so that going back is quick
constexpr const char* kDaemon = "the Docker daemon";

}  // namespace

DockerEngine::DockerEngine(const sdk::Setup& setup)
    : host_(setup.host),
      config_(ParseConfig(setup.config, engine::ThisMachine())),
      cgroups_(config_.cgroup_parent),
      cli_(config_.binary),
      images_(config_.socket),
      export_(config_.socket),
      buildpacks_(host_, config_, export_),
      secrets_(setup.host),
      slots_(config_.concurrency) {}

void DockerEngine::Activate(const sdk::Call&) {
  if (config_.memory > 0 && !cgroups_.CanLimit())
    host_.log().Warn(
        "the memory and CPU limits of builds cannot be held on this machine: nsd needs root and "
        "/sys/fs/cgroup with the memory "
        "controller, writable");
}

sdk::EngineAbilities DockerEngine::Abilities() noexcept {
  sdk::EngineAbilities can;
  can.dockerfile = can.secrets = can.cache = can.exports = can.buildpack = can.time_limit = true;
  try {
    can.memory_limit = config_.memory > 0 && cgroups_.CanLimit();
  } catch (...) {
    can.memory_limit = false;
  }
  return can;
}

sdk::EngineResult DockerEngine::Run(const sdk::Call& call, const sdk::EngineJob& job,
                                    const sdk::ByteSink& log) {
  engine::CheckJob(job);
  call.Check();
  const engine::Slots::Held slot = slots_.Take(call);
  if (!images_.Answers(call)) {
    call.Check();
    throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
                     "The Docker daemon does not answer on " + config_.socket +
                         "; start it, `ns doctor` tells more.",
                     sdk::Fault::kPlatform);
  }
  const TimePoint deadline = Clock::now() + config_.timeout;
  if (!job.plan.builder.empty()) return buildpacks_.Run(call, job, log, deadline);
  try {
    Build(call, job, log, deadline);
    sdk::EngineResult result = Give(call, job, log, deadline);
    secrets_.Remember(call, job);
    if (result.kind == sdk::ResultKind::kArtifact) Forget(job);
    TidyUp(call, job);
    return result;
  } catch (...) {
    Forget(job);
    throw;
  }
}

sdk::EngineResult DockerEngine::Give(const sdk::Call& call, const sdk::EngineJob& job,
                                     const sdk::ByteSink& log, TimePoint deadline) {
  if (job.plan.export_path.empty()) {
    log.Write("#push " + job.reference + "\n");
    return images_.Push(call, job, [&log](std::string_view text) { log.Write(text); });
  }
  log.Write("#export " + job.plan.export_path + "\n");
  const sdk::EngineResult result = export_.Give(call, host_.installation(), job, deadline);
  log.Write("#export " + std::to_string(result.size) + " bytes\n");
  return result;
}

void DockerEngine::Build(const sdk::Call& call, const sdk::EngineJob& job, const sdk::ByteSink& log,
                         TimePoint deadline) {
  const engine::Mark mark = MarkOf(job.build);
  const engine::Workplace workplace(WorkFolder(), job);
  const bool use_cache = !secrets_.Changed(call, job);
  if (!job.plan.secrets.empty() && job.plan.dockerfile_text.empty())
    log.Write("#build secrets, for RUN --mount=type=secret,id=...: " +
              engine::SecretNames(job.plan) + "\n");
  if (!use_cache) log.Write("#build without cache, since the build variables may have changed\n");
  const std::string home = engine::HomeFolder();
  const Circumstances circumstances{ConfiguredNoProxy(home, "unix://" + config_.socket), use_cache};
  const CommandLine line = BuildCommand(cli_.Find(call), config_.socket, home, job, mark,
                                        workplace.files(), circumstances);
  engine::Progress progress(engine::HiddenValues(job.plan),
                            [&log](std::string_view text) { log.Write(text); });
  Guard guard(cgroups_, mark.text(), {config_.memory, config_.cpu_millis});
  child::ChildSpec spec;
  spec.reason = NS_REASON_ENGINE_UNAVAILABLE;
  spec.argv = line.argv;
  spec.env = line.env;
  spec.inherited = workplace.files().secret_fds;
  spec.deadline = deadline;
  spec.output = [&progress](std::string_view bytes) { progress.Take(bytes); };
  spec.tick = [&guard] {
    guard.Look();
    return !guard.out_of_memory();
  };
  child::ChildResult result;
  try {
    result = child::RunChild(call, spec);
  } catch (...) {
    Kill(job.build);
    throw;
  }
  progress.Finish();
  if (result.ending == child::Ending::kExited && result.exit_code == 0) return;
  Kill(job.build);
  call.Check();
  if (guard.out_of_memory() || (guard.pressed() && engine::SaysKilled(progress.tail())))
    throw engine::OutOfMemory("A step of the build", config_.memory);
  if (result.ending == child::Ending::kLate) throw engine::TimedOut(config_.timeout);
  throw engine::BuildFailure(kDaemon, progress.tail(), images_.Answers(call), progress.said());
}

// Ending the CLI makes BuildKit kill the steps; what is still there after a moment is killed here.
void DockerEngine::Kill(const std::string& build) {
  engine::KillMarked(MarkOf(build));
  if (!KillSteps(cgroups_, MarkOf(build).text()))
    host_.log().Warn("processes of a build do not end", {{"build", build}});
}

void DockerEngine::Abort(const sdk::Call& call, const std::string& build) {
  engine::CheckId(build, "The build's id");
  Kill(build);
  engine::Workplace::Forget(WorkFolder(), build);
  export_.Forget(call, host_.installation(), build);
  buildpacks_.Forget(call, build);
  images_.ForgetBuild(call, host_.installation(), build);
}

std::string DockerEngine::WorkFolder() const {
  const std::string data = host_.data_dir();
  return data.empty() ? (fs::temp_directory_path() / "neoshowcase-engine-docker").string() : data;
}

// The images and the cache are dockerd's: what cannot be removed now goes with the next build.
void DockerEngine::TidyUp(const sdk::Call& call, const sdk::EngineJob& job) noexcept {
  try {
    images_.ForgetOlder(call, host_.installation(), job, kKeepOlder);
    if (config_.cache > 0) images_.BoundCache(call, config_.cache);
  } catch (const std::exception& error) {
    host_.log().Debug("older images stay for now", {{"app", job.app}, {"error", error.what()}});
  }
}

// A call of its own: the run's may be cancelled.
void DockerEngine::Forget(const sdk::EngineJob& job) noexcept {
  try {
    images_.Forget(sdk::Call(), job.reference);
  } catch (const std::exception& error) {
    host_.log().Debug("the image of a build stays for now",
                      {{"build", job.build}, {"error", error.what()}});
  }
}

}  // namespace ns::engine_docker
