#include "buildpack_job.h"

#include <charconv>
#include <filesystem>

#include "engine/progress.h"
#include "engine/run.h"

namespace ns::engine_docker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInstallation = "neoshowcase.buildpack.installation";
constexpr const char* kBuild = "neoshowcase.buildpack.build";

// In the containers: where phases find what the others made, and the root's own.
constexpr const char* kState = "/nsbuild";
constexpr const char* kAuth = "/nsauth";
constexpr const char* kLayout = "/nslayout";
constexpr const char* kNothing = "nothing";  // the run image of a site

constexpr size_t kMostState = 16 << 20;  // bytes
constexpr size_t kTail = 400;            // lines

std::function<size_t(char*, size_t)> ReaderOf(const std::string& text) {
  return [&text, at = size_t{0}](char* to, size_t most) mutable {
    const size_t size = at < text.size() ? text.copy(to, most, at) : 0;
    at += size;
    return size;
  };
}

// Of an id in the builder's environment; 0: none, or root.
int IdOf(const ImageFacts& facts, const char* name) {
  const auto found = facts.env.find(name);
  int id = 0;
  if (found != facts.env.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), id);
  return id;
}

std::vector<std::string> Hidden(const sdk::EngineJob& job) {
  std::vector<std::string> values = engine::HiddenValues(job.plan);
  if (!job.push_password.empty()) values.push_back(job.push_password);
  return values;
}

}  // namespace

docker::Labels BuildpackLabels(const std::string& installation, const std::string& build) {
  return {{kInstallation, installation}, {kBuild, build}};
}

std::string BuildpackName(const std::string& build) { return "nsbuildpack-" + build + "-"; }

// dockerd may be at it still, or hold a volume for a moment longer than its container.
void SweepBuildpacks(PhaseDocker& docker, const sdk::Call& call, const docker::Labels& labels,
                     const std::string& prefix) {
  constexpr int kTimes = 50;
  for (int i = 0; i < kTimes; ++i) {
    bool found = false;
    for (const docker::Listed& one : docker.engine().List(call, labels)) {
      if (!one.name.starts_with(prefix)) continue;
      found = true;
      docker.engine().Remove(call, one.id);
    }
    for (const VolumeFacts& one : docker.Volumes(call, labels)) {
      if (!one.name.starts_with(prefix)) continue;
      found = true;
      docker.RemoveVolume(call, one.name);
    }
    if (!found) return;
    if (i > 0) call.Wait(std::chrono::milliseconds(100));
  }
}

BuildpackJob::BuildpackJob(PhaseDocker& docker, const Config& config, const sdk::Call& call,
                           const sdk::EngineJob& job, const sdk::ByteSink& log, BuildpackSpec spec)
    : docker_(docker),
      config_(config),
      call_(call),
      job_(job),
      log_(log),
      spec_(std::move(spec)),
      name_(BuildpackName(job.build) + std::to_string(job.attempt) + "-"),
      alarm_(spec_.deadline),
      watched_{{alarm_.fd(), [&config] { throw engine::TimedOut(config.timeout); }}} {}

BuildpackJob::~BuildpackJob() {
  made_.clear();  // waits
  removed_.clear();
  try {
    SweepBuildpacks(docker_, sdk::Call(), spec_.labels, name_);
  } catch (const std::exception&) {  // it is found by the build's id
  }
}

std::string BuildpackJob::Run() {
  FindBuilder();
  MakeVolumes();
  const Ways analyze{.phase = Phase::kAnalyze,
                     .program = "analyzer",
                     .trusted = true,
                     .volumes = {"layers"},
                     .env = {"CNB_RUN_IMAGE=" + (site() ? kNothing : job_.plan.run_image),
                             "CNB_PREVIOUS_IMAGE=" + spec_.previous},
                     .arguments = {site() ? "site" : job_.reference},
                     .hands_on = {"analyzed.toml"}};
  // What it says of the run image is not taken: code of the source may run here.
  const Ways detect{.phase = Phase::kDetect,
                    .program = "detector",
                    .volumes = {"workspace"},
                    .hands_on = {"group.toml", "plan.toml"}};
  const Ways restore{.phase = Phase::kRestore,
                     .program = "restorer",
                     .trusted = true,
                     .volumes = {"layers", "cache"},
                     .hands_on = {"analyzed.toml"}};
  const Ways build{
      .phase = Phase::kBuild, .program = "builder", .volumes = {"layers", "workspace"}};
  for (const Ways* ways : {&analyze, &detect, &restore, &build}) Make(*ways);
  RunPhase(analyze);
  if (!HasRunImage(state_["analyzed.toml"])) throw NoRunImage("the registry has none of that name");
  RunPhase(detect);
  if (!IsGroup(state_["group.toml"]))
    throw sdk::Error(NS_E_PRECONDITION, NS_REASON_COMMAND_FAILED,
                     "Detect left no list of buildpacks that can be worked on.",
                     sdk::Fault::kSource);
  RunPhase(restore);
  RunPhase(build);
  Export();
  return site() ? "" : ParseReport(state_["report.toml"]);
}

// While those before it run. Whole or not at all: one that is made after nobody waits for it any
// more would stay.
void BuildpackJob::Make(const Ways& ways) {
  made_[ways.phase] = std::async(
      std::launch::async, [this, spec = SpecOf(ways)] { docker_.Create(sdk::Call(), spec); });
}

// While the next one runs; where that fails it goes with the rest in the end.
void BuildpackJob::RemoveBehind(Phase phase) {
  removed_.push_back(std::async(std::launch::async, [this, name = Name(phase)] {
    docker_.engine().Remove(sdk::Call(), name);
  }));
}

void BuildpackJob::FindBuilder() {
  const std::string& image = job_.plan.builder;
  auto facts = docker_.Facts(call_, image);
  if (!facts) {
    Pull();
    facts = docker_.Facts(call_, image);
  }
  if (!facts) throw BuilderMissing(image, "it is gone again.", true);
  builder_ = *std::move(facts);
  owner_ = {IdOf(builder_, "CNB_USER_ID"), IdOf(builder_, "CNB_GROUP_ID")};
  if (owner_.uid <= 0 || owner_.gid <= 0)
    throw NoLifecycle(image, "its CNB_USER_ID and CNB_GROUP_ID name no user but root");
}

void BuildpackJob::Pull() {
  const std::string& image = job_.plan.builder;
  log_.Write("#pull " + image + "\n");
  const bool ours = engine::RegistryOf(image) == engine::RegistryOf(job_.reference);
  try {
    docker_.engine().Pull(call_, image, ours ? job_.push_username : "",
                          ours ? job_.push_password : "");
  } catch (const sdk::Stopped&) {
    throw;
  } catch (const sdk::Error& error) {
    call_.Check();
    if (error.reason() == NS_REASON_IMAGE_GONE)
      throw BuilderMissing(image, "its registry does not have it.", true);
    if (error.reason() != NS_REASON_IMAGE_PULL_FAILED) throw;
    const bool refused = error.message().find("unauthorized") != std::string::npos ||
                         error.message().find("denied") != std::string::npos;
    throw BuilderMissing(image, error.message(), refused);
  }
}

void BuildpackJob::MakeVolumes() {
  for (const char* volume : {"layers", "workspace"})
    docker_.CreateVolume(call_, name_ + volume, spec_.labels);
}

PhaseSpec BuildpackJob::SpecOf(const Ways& ways) const {
  PhaseSpec spec;
  spec.name = Name(ways.phase);
  spec.image = job_.plan.builder;
  spec.labels = spec_.labels;
  spec.user = ways.trusted ? "0:0" : std::to_string(owner_.uid) + ":" + std::to_string(owner_.gid);
  spec.command = {"/cnb/lifecycle/" + ways.program};
  for (const std::string& argument : ways.arguments) spec.command.push_back(argument);
  spec.env = {"CNB_PLATFORM_API=" + job_.plan.platform_api,
              "CNB_NO_COLOR=true",
              "CNB_LAYERS_DIR=/layers",
              "CNB_APP_DIR=/workspace",
              "CNB_PLATFORM_DIR=/platform",
              "CNB_ANALYZED_PATH=" + std::string(kState) + "/analyzed.toml",
              "CNB_GROUP_PATH=" + std::string(kState) + "/group.toml",
              "CNB_PLAN_PATH=" + std::string(kState) + "/plan.toml",
              "CNB_REPORT_PATH=" + std::string(kState) + "/report.toml"};
  for (const std::string& variable : ways.env) {
    if (!variable.ends_with('=')) spec.env.push_back(variable);
  }
  for (const std::string& volume : ways.volumes) {
    if (volume != "cache") spec.volumes.emplace_back(name_ + volume, "/" + volume);
  }
  const bool caches = std::ranges::find(ways.volumes, "cache") != ways.volumes.end();
  if (caches && !spec_.cache.empty()) {
    spec.volumes.emplace_back(spec_.cache, "/cache");
    spec.env.push_back("CNB_CACHE_DIR=/cache");
  }
  // The registry may listen on this machine's loopback; whatever buildpacks run must not reach
  // that.
  spec.network = !ways.trusted ? "bridge" : site() ? "none" : "host";
  if (ways.trusted) {
    spec.env.push_back("DOCKER_CONFIG=" + std::string(kAuth));
    // It gives files to the user of the buildpacks, and goes on as that one.
    spec.capabilities = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"};
  }
  if (ways.trusted && site()) {
    for (const char* variable : {"CNB_USE_LAYOUT=true", "CNB_EXPERIMENTAL_MODE=quiet"})
      spec.env.emplace_back(variable);
    spec.env.push_back("CNB_LAYOUT_DIR=" + std::string(kLayout));
  }
  spec.memory = config_.memory;
  spec.nano_cpus = config_.cpu_millis * 1'000'000;
  spec.pids = config_.pids;
  return spec;
}

// Below the root of the container's own file system, which ends with it: variables for the phases
// that run buildpacks, credentials for the others. The exporter reads what buildpacks have left, as
// their user, and so the credentials are its root's alone, who reads them before; the restorer
// wants to read them once more, and nothing of the source is in its reach.
std::vector<TarFile> BuildpackJob::FilesFor(const Ways& ways) const {
  std::vector<TarFile> files{{std::string(kState + 1) + "/", "", 0755, owner_}};
  for (const auto& [name, text] : state_)
    files.push_back({std::string(kState + 1) + "/" + name, text, 0644, owner_});
  if (!ways.trusted) {
    files.push_back({"platform/", "", 0755, owner_});
    for (TarFile& file : PlatformEnv(job_.plan.secrets, owner_)) {
      file.path = "platform/" + file.path;
      files.push_back(std::move(file));
    }
    return files;
  }
  if (site()) {
    const auto layout =
        EmptyLayout(kLayout + 1, kNothing, builder_.os, builder_.architecture, owner_);
    files.insert(files.end(), layout.begin(), layout.end());
    return files;
  }
  const std::string config = RegistryConfig(job_.reference, job_.push_username, job_.push_password);
  const Owner reader = ways.phase == Phase::kExport ? Owner{} : owner_;
  files.push_back({std::string(kAuth + 1) + "/", "", 0700, reader});
  if (!config.empty())
    files.push_back({std::string(kAuth + 1) + "/config.json", config, 0400, reader});
  return files;
}

void BuildpackJob::Put(Phase phase, const std::string& folder, const std::string& tar) {
  docker_.Put(call_, Name(phase), folder, ReaderOf(tar), watched_);
}

void BuildpackJob::PutSource(Phase phase) {
  // From the root on: dockerd refuses links that lead out of the folder that it unpacks into.
  FolderTar tar((fs::path(job_.source) / job_.plan.context).lexically_normal().string(),
                "workspace", owner_);
  docker_.Put(
      call_, Name(phase), "/", [&tar](char* to, size_t most) { return tar.Read(to, most); },
      watched_);
}

// Regular files at or below a path of the phase's container.
std::map<std::string, std::string> BuildpackJob::Read(Phase phase, const std::string& path) {
  std::string tar;
  try {
    docker_.engine().GetArchive(
        call_, Name(phase), path,
        [&tar](std::string_view piece) {
          if (tar.size() + piece.size() > kMostState)
            throw sdk::Error(NS_E_PRECONDITION, NS_REASON_COMMAND_FAILED,
                             "The buildpacks left more than 16 MiB of metadata.",
                             sdk::Fault::kSource);
          tar += piece;
        },
        watched_);
  } catch (const sdk::Error& error) {
    if (error.code() != NS_E_NOT_FOUND) throw;
  }
  return FilesOf(tar, kMostState);
}

void BuildpackJob::RunToEnd(const Ways& ways) {
  std::vector<std::string> tail;
  engine::Progress progress(Hidden(job_), [&](std::string_view line) {
    log_.Write(std::string(line));
    if (tail.size() == kTail) tail.erase(tail.begin());
    tail.emplace_back(line.substr(0, line.find_last_not_of("\r\n") + 1));
  });
  docker::Container ended;
  try {
    ended = docker_.RunToEnd(
        call_, Name(ways.phase), [&](const std::string& line) { progress.Take(line + "\n"); },
        watched_);
  } catch (const sdk::Stopped&) {
    throw;
  } catch (const sdk::Error& error) {
    if (error.message().find("/cnb/lifecycle/") == std::string::npos) throw;
    throw NoLifecycle(job_.plan.builder, error.message());
  }
  progress.Finish();
  std::erase(tail, "");
  if (ended.out_of_memory && ended.exit_code != 0)
    throw engine::OutOfMemory("A step of the build", config_.memory);
  if (ended.exit_code == 0) return;
  if (ways.phase == Phase::kAnalyze && SaysNoRunImage(tail)) throw NoRunImage(tail.back());
  throw LifecycleFailure({ways.phase, ended.exit_code, tail}, job_.plan.builder,
                         job_.plan.platform_api);
}

// The lifecycle does not say why: the image may not be there, or its registry not answer.
sdk::Error BuildpackJob::NoRunImage(const std::string& words) {
  const std::string trouble =
      docker_.TroubleWith(call_, job_.reference, job_.push_username, job_.push_password);
  return RunImageMissing(job_.plan.builder, job_.plan.run_image, words, trouble);
}

void BuildpackJob::RunPhase(const Ways& ways) {
  log_.Write("#" + std::string(NameOf(ways.phase)) + "\n");
  if (!made_.contains(ways.phase)) Make(ways);
  made_[ways.phase].get();
  call_.Check();
  Put(ways.phase, "/", TarOf(FilesFor(ways)));
  if (ways.phase == Phase::kDetect) PutSource(ways.phase);
  RunToEnd(ways);
  if (!ways.hands_on.empty()) {
    auto files = Read(ways.phase, std::string(kState) + "/.");
    for (const std::string& name : ways.hands_on) {
      if (const auto found = files.find(name); found != files.end())
        state_[name] = std::move(found->second);
    }
  }
  if (ways.phase != Phase::kBuild) RemoveBehind(ways.phase);
}

// The buildpacks say it, or what people expect; empty: as the buildpacks say.
std::string BuildpackJob::ChooseProcess() {
  const Processes processes =
      ParseProcesses(Read(Phase::kBuild, "/layers/config/metadata.toml")["metadata.toml"]);
  if (processes.types.empty()) {
    log_.Write("#image has no process types\n");
    return "";
  }
  log_.Write("#image process types: " + InWords(processes) + "\n");
  const std::string chosen = DefaultProcess(processes);
  if (chosen.empty())
    log_.Write("#image has no default process; set the entrypoint to \"/cnb/process/" +
               processes.types[0] + "\", say\n");
  return processes.by_default.empty() ? chosen : "";
}

// A site is exported for its cache alone: into a layout that ends with the container.
void BuildpackJob::Export() {
  if (site() && spec_.cache.empty()) return;
  const std::string process = site() ? "" : ChooseProcess();
  const Ways ways{.phase = Phase::kExport,
                  .program = "exporter",
                  .trusted = true,
                  .volumes = {"layers", "workspace", "cache"},
                  .env = {"CNB_PROCESS_TYPE=" + process},
                  .arguments = {site() ? "site" : job_.reference},
                  .hands_on = {"report.toml"}};
  if (!site()) return RunPhase(ways);
  try {
    RunPhase(ways);
  } catch (const sdk::Error& error) {
    if (error.reason() != NS_REASON_ENGINE_UNAVAILABLE &&
        error.reason() != NS_REASON_COMMAND_FAILED)
      throw;
    log_.Write("#export nothing is kept for the next build: " + error.message() + "\n");
  }
}

}  // namespace ns::engine_docker
