#include "docker_engine.h"

#include <filesystem>

#include "alarm.h"
#include "build_limits.h"
#include "child/child.h"
#include "digest/digest.h"
#include "engine/failure.h"
#include "engine/progress.h"
#include "engine/run.h"
#include "engine/secret_print.h"
#include "engine/syntax_line.h"
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
      cgroup_("neoshowcase-docker-" + digest::Sha256Hex(WorkFolder()).substr(0, 8)),
      cli_(config_.binary),
      images_(config_.socket),
      export_(config_.socket, config_.disk),
      buildpacks_(host_, config_, export_),
      cache_keys_(setup.host),
      slots_(config_.concurrency) {}

void DockerEngine::Activate(const sdk::Call& call) {
  for (const std::string& build : engine::Workplace::Orphans(WorkFolder())) {
    try {
      Abort(call, build);
    } catch (const sdk::Error& error) {
      call.Check();
      host_.log().Warn("what a build has left stays for now",
                       {{"build", build}, {"error", error.what()}});
    }
  }
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
                                    const sdk::ByteSink& receiver) {
  const engine::LogPump pump(call, receiver);
  const sdk::ByteSink& log = pump.sink();
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
  if (!job.plan.builder.empty()) {
    const engine::Workplace found_by_the_next_host(WorkFolder(), job);
    return buildpacks_.Run(call, job, log, Clock::now() + config_.timeout);
  }
  const std::string cache_key = cache_keys_.Of(call, job);
  const engine::Turns::Held turn = turns_.Take(call, cache_key);
  const TimePoint deadline = Clock::now() + config_.timeout;
  try {
    Build(call, job, pump, {deadline, cache_key});
    sdk::EngineResult result = Give(call, job, log, deadline);
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
    const Alarm alarm(deadline);
    return images_.Push(call, job, [&log](std::string_view text) { log.Write(text); },
                        {{alarm.fd(), [this] { throw engine::TimedOut(config_.timeout); }}});
  }
  log.Write("#export " + job.plan.export_path + "\n");
  const sdk::EngineResult result = export_.Give(call, host_.installation(), job, deadline);
  log.Write("#export " + std::to_string(result.size) + " bytes\n");
  return result;
}

void DockerEngine::Build(const sdk::Call& call, const sdk::EngineJob& job,
                         const engine::LogPump& pump, const Terms& terms) {
  const sdk::ByteSink& log = pump.sink();
  const engine::Mark mark = MarkOf(job.build);
  engine::Workplace workplace(WorkFolder(), job);
  if (workplace.LeaveOutSyntax()) log.Write(engine::kSyntaxLeftOut);
  if (!job.plan.secrets.empty() && job.plan.dockerfile_text.empty())
    log.Write("#build secrets, for RUN --mount=type=secret,id=...: " +
              engine::SecretNames(job.plan) + "\n");
  const std::string home = engine::HomeFolder();
  const std::string no_proxy = ConfiguredNoProxy(home, "unix://" + config_.socket);
  // Nobody else can know it, as they can the id of the build.
  const std::string nonce = engine::SecretPrint(engine::FreshKey(), {{"", job.build, false}});
  const Circumstances circumstances{nonce + ".invalid" + (no_proxy.empty() ? "" : "," + no_proxy),
                                    terms.cache_key};
  const CommandLine line = BuildCommand(cli_.Find(call), config_.socket, home, job, mark,
                                        workplace.files(), circumstances);
  engine::Progress progress(engine::HiddenValues(job.plan),
                            [&log](std::string_view text) { log.Write(text); });
  const StepTree steps = Steps(call);
  BuildLimits limits(cgroups_, CgroupOf(job.build), steps, mark.text() + "," + nonce, config_);
  child::ChildSpec spec;
  spec.reason = NS_REASON_ENGINE_UNAVAILABLE;
  spec.argv = line.argv;
  spec.env = line.env;
  spec.inherited = workplace.files().secret_fds;
  spec.deadline = terms.deadline;
  spec.output = [&progress](std::string_view bytes) { progress.Take(bytes); };
  spec.full = [&pump] { return pump.Full(); };
  spec.tick = [&limits] { return limits.Hold(); };
  child::ChildResult result;
  try {
    result = child::RunChild(call, spec);
  } catch (...) {
    Kill(steps, job.build);
    throw;
  }
  progress.Finish();
  limits.End();
  if (result.ending == child::Ending::kExited && result.exit_code == 0) return limits.Check();
  Kill(steps, job.build);
  call.Check();
  limits.Check();
  if (result.ending == child::Ending::kLate) throw engine::TimedOut(config_.timeout);
  throw engine::BuildFailure(kDaemon, progress.tail(), images_.Answers(call), progress.said());
}

StepTree DockerEngine::Steps(const sdk::Call& call) {
  std::string root;
  {
    const std::lock_guard lock(mutex_);
    if (data_root_.empty()) data_root_ = images_.DataRoot(call);
    root = data_root_;
  }
  return StepTree(config_.cgroup_parent, root.empty() ? "" : root + "/buildkit/executor");
}

// Ending the CLI makes BuildKit kill the steps; what is still there after a moment is killed here.
void DockerEngine::Kill(const StepTree& steps, const std::string& build) {
  engine::KillMarked(MarkOf(build));
  const bool killed = KillSteps(steps, MarkOf(build).text());
  if (!cgroups_.Remove(CgroupOf(build)) || !killed)
    host_.log().Warn("processes of a build do not end", {{"build", build}});
}

void DockerEngine::Abort(const sdk::Call& call, const std::string& build) {
  engine::CheckId(build, "The build's id");
  Kill(Steps(call), build);
  engine::Workplace::Forget(WorkFolder(), build);
  export_.Forget(call, host_.installation(), build);
  buildpacks_.Forget(call, build);
  images_.ForgetBuild(call, host_.installation(), build);
}

std::string DockerEngine::WorkFolderOf(const sdk::Host& host) {
  const std::string data = host.data_dir();
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
