#include "docker_engine.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "child/child.h"
#include "failure.h"
#include "limit_failure.h"
#include "progress.h"
#include "secret_print.h"

namespace ns::engine_docker {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr size_t kKeepOlder =
    1;  // images of an application beside the newest, so that going back is quick
constexpr const char* kPrintKey = "secret-key";

sdk::Error DiskTrouble(const std::string& what) {
  return {NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE, what, sdk::Fault::kPlatform};
}

void WriteFile(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush())
    throw DiskTrouble("The file " + path.string() +
                      " cannot be written; look at the disk's space and the folder's rights.");
}

// Processes whose environment holds `text`; only those that this account may look at.
std::vector<int> ProcessesWith(const std::string& text) {
  std::vector<int> found;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const int pid = std::atoi(entry->path().filename().c_str());
    if (pid <= 1 || pid == ::getpid()) continue;
    std::stringstream environment;
    environment << std::ifstream(entry->path() / "environ", std::ios::binary).rdbuf();
    if (environment.str().find(text) != std::string::npos) found.push_back(pid);
  }
  return found;
}

std::vector<std::string> Hidden(const sdk::BuildPlan& plan) {
  std::vector<std::string> values;
  for (const sdk::EnvVar& secret : plan.secrets) {
    if (secret.secret) values.push_back(secret.value);
  }
  return values;
}

std::string Names(const std::vector<sdk::EnvVar>& secrets) {
  std::string names;
  for (const sdk::EnvVar& secret : secrets) names += (names.empty() ? "" : ", ") + secret.key;
  return names;
}

// What must stand before a build starts: ids become names of files and labels.
void CheckName(const std::string& name, const std::string& what) {
  constexpr const char* kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (name.empty() || name.size() > 100 || name.find_first_not_of(kAllowed) != std::string::npos)
    throw sdk::Error(NS_E_INVALID, NS_REASON_DEFECT,
                     what + " \"" + name + "\" holds more than letters, digits, _ and -.",
                     sdk::Fault::kPlatform);
}

// Methods of others may plan anything.
void CheckExport(const sdk::EngineJob& job) {
  const fs::path path(job.plan.export_path);
  const auto defect = [&](const std::string& what) {
    return sdk::Error(NS_E_INVALID, NS_REASON_DEFECT,
                      "The plan wants the folder \"" + path.string() + "\" " + what,
                      sdk::Fault::kPlatform);
  };
  if (!path.is_absolute() || path.lexically_normal().string() != path.string())
    throw defect("to be exported, which is no absolute path without \".\" and \"..\".");
  if (!job.artifact) throw defect("and nothing takes it.");
}

}  // namespace

class DockerEngine::Workplace {
 public:
  Workplace(const std::string& folder, const sdk::EngineJob& job)
      : path_(fs::path(folder) / ("build-" + job.build + "-" + std::to_string(job.attempt))) {
    std::error_code error;
    fs::remove_all(path_, error);
    fs::create_directories(path_, error);
    if (error)
      throw DiskTrouble("The folder " + path_.string() + " cannot be made: " + error.message() +
                        ".");
    ::chmod(path_.c_str(), 0700);
    files_.iidfile = (path_ / "image").string();
    files_.context = (fs::path(job.source) / job.plan.context).lexically_normal().string();
    files_.dockerfile = job.plan.dockerfile_text.empty()
                            ? (fs::path(job.source) / job.plan.dockerfile_path).string()
                            : Generated(job.plan);
    for (const sdk::EnvVar& secret : job.plan.secrets) {
      memory_.emplace_back(secret.value, NS_REASON_ENGINE_UNAVAILABLE);
      files_.secret_fds.push_back(memory_.back().fd());
    }
  }
  ~Workplace() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  const Files& files() const { return files_; }

 private:
  // A file of that name beside the Dockerfile counts instead of the source's .dockerignore.
  std::string Generated(const sdk::BuildPlan& plan) {
    WriteFile(path_ / "Dockerfile", plan.dockerfile_text);
    if (plan.ignore_dockerignore)
      WriteFile(path_ / "Dockerfile.dockerignore", "# the whole folder\n");
    return (path_ / "Dockerfile").string();
  }

  const fs::path path_;
  std::vector<child::MemoryFile> memory_;
  Files files_;
};

DockerEngine::DockerEngine(const sdk::Setup& setup)
    : host_(setup.host),
      config_(ParseConfig(setup.config, ThisMachine())),
      cgroups_(config_.cgroup_parent),
      cli_(config_.binary),
      images_(config_.socket),
      export_(config_.socket),
      buildpacks_(host_, config_, export_),
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
  CheckName(job.build, "The build's id");
  CheckName(job.app, "The application's id");
  if (!job.plan.export_path.empty()) CheckExport(job);
  const Slots::Held slot = slots_.Take(call);
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
    RememberSecrets(call, job);
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
  const Mark mark = MarkOf(job.build);
  const Workplace workplace(WorkFolder(), job);
  const bool use_cache = !SecretsChanged(call, job);
  if (!job.plan.secrets.empty() && job.plan.dockerfile_text.empty())
    log.Write("#build secrets, for RUN --mount=type=secret,id=...: " + Names(job.plan.secrets) +
              "\n");
  if (!use_cache) log.Write("#build without cache, since the build variables may have changed\n");
  const std::string home = HomeFolder();
  const Circumstances circumstances{ConfiguredNoProxy(home, "unix://" + config_.socket), use_cache};
  const CommandLine line = BuildCommand(cli_.Find(call), config_.socket, home, job, mark,
                                        workplace.files(), circumstances);
  Progress progress(Hidden(job.plan), [&log](std::string_view text) { log.Write(text); });
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
  if (guard.out_of_memory() || (guard.pressed() && SaysKilled(progress.tail())))
    throw OutOfMemory(config_.memory);
  if (result.ending == child::Ending::kLate) throw TimedOut(config_.timeout);
  throw BuildFailure(progress.tail(), images_.Answers(call), progress.said());
}

// Ending the CLI makes BuildKit kill the steps; what is still there after a moment is killed here.
void DockerEngine::Kill(const std::string& build) {
  const std::string mark = MarkOf(build).text();
  for (const int pid : ProcessesWith("NEOSHOWCASE_BUILD=" + mark)) ::kill(pid, SIGKILL);
  if (!KillSteps(cgroups_, mark))
    host_.log().Warn("processes of a build do not end", {{"build", build}});
}

void DockerEngine::Abort(const sdk::Call& call, const std::string& build) {
  CheckName(build, "The build's id");
  Kill(build);
  std::error_code error;
  for (fs::directory_iterator entry(WorkFolder(), error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().filename().string().starts_with("build-" + build + "-"))
      fs::remove_all(entry->path(), ignored);
  }
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

// BuildKit does not look at the content of secrets when it decides whether a step is in its cache.
// Where nothing can be remembered, every build with secrets is one with others.
bool DockerEngine::SecretsChanged(const sdk::Call& call, const sdk::EngineJob& job) {
  try {
    const auto key = host_.state().Get(call, kPrintKey);
    const auto last = host_.state().Get(call, "secrets." + job.app);
    if (!key) return !job.plan.secrets.empty();
    return SecretPrint(*key, job.plan.secrets) != last.value_or("");
  } catch (const sdk::Error&) {
    call.Check();
    return !job.plan.secrets.empty();
  }
}

void DockerEngine::RememberSecrets(const sdk::Call& call, const sdk::EngineJob& job) {
  try {
    auto key = host_.state().Get(call, kPrintKey);
    if (!key && job.plan.secrets.empty()) return;
    if (!key) host_.state().Put(call, kPrintKey, *(key = FreshKey()));
    host_.state().Put(call, "secrets." + job.app, SecretPrint(*key, job.plan.secrets));
  } catch (const sdk::Error& error) {
    host_.log().Debug("the next build will not use the cache",
                      {{"app", job.app}, {"error", error.what()}});
  }
}

}  // namespace ns::engine_docker
