#include "building.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/failure.h"
#include "engine/folder_walk.h"
#include "engine/run.h"
#include "failure.h"
#include "source_text.h"

namespace ns::engine_buildah {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string ReadAll(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string Written(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw engine::DiskTrouble("The file " + path + " cannot be written.");
  return path;
}

bool Succeeded(const child::ChildResult& result) {
  return result.ending == child::Ending::kExited && result.exit_code == 0;
}

std::string DockerfileOf(const sdk::EngineJob& job) {
  if (!job.plan.dockerfile_text.empty()) return job.plan.dockerfile_text;
  if (auto text = SourceText(job.source, job.plan.dockerfile_path)) return *text;
  throw sdk::Error(NS_E_PRECONDITION, NS_REASON_COMMAND_FAILED,
                   "The Dockerfile \"" + job.plan.dockerfile_path + "\" is not in this commit.",
                   sdk::Fault::kSource);
}

// What says which files of the context are left out; the first that is there counts.
std::string IgnoredOf(const sdk::EngineJob& job) {
  if (job.plan.ignore_dockerignore) return "";
  std::vector<std::string> names;
  if (job.plan.dockerfile_text.empty())
    names = {job.plan.dockerfile_path + ".containerignore",
             job.plan.dockerfile_path + ".dockerignore"};
  for (const char* name : {".containerignore", ".dockerignore"})
    names.push_back((fs::path(job.plan.context) / name).lexically_normal().string());
  for (const std::string& name : names)
    if (auto text = SourceText(job.source, name)) return *text;
  return "";
}

std::map<std::string, std::string> ArgumentsOf(const sdk::EngineJob& job) {
  return {job.plan.args.begin(), job.plan.args.end()};
}

}  // namespace

// runc removes the cgroup of a step when that ends: what bears the limits is the one above it.
Building::Building(const Setting& setting, const sdk::EngineJob& job, const sdk::ByteSink& log)
    : setting_(setting),
      job_(job),
      mark_{setting.installation, job.build},
      deadline_(Clock::now() + setting.config.timeout),
      workplace_(setting.slot.folder(), job),
      logins_(engine::RegistryLogins(ReadAll(engine::HomeFolder() + "/.docker/config.json"), job),
              NS_REASON_ENGINE_UNAVAILABLE),
      own_(setting.cgroups, setting.cgroup + "/buildah", {}),
      steps_(setting.cgroups, setting.cgroup + "/steps",
             {setting.config.memory, setting.config.cpu_millis, setting.config.processes}),
      disk_({setting.slot.base() + "/overlay", setting.slot.StoreOf(job.app) + "/overlay"},
            {setting.slot.tmp(), setting.slot.MountsOf(job.app)}, setting.config.disk),
      progress_(engine::HiddenValues(job.plan),
                [&log](std::string_view text) { log.Write(text); }) {
  if (setting.config.Limited() && !steps_.made())
    throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
                     UnlimitedWords(setting.cgroups.CanLimit()), sdk::Fault::kOperator);
  const std::string folder = workplace_.path().string();
  circumstances_.buildah = setting.buildah;
  circumstances_.store = setting.slot.StoreOf(job.app);
  circumstances_.images = setting.slot.base();
  circumstances_.run = setting.slot.memory() + "/run";
  circumstances_.tmp = setting.slot.tmp();
  circumstances_.registries = Written(folder + "/registries.conf", RegistriesText());
  circumstances_.policy = Written(folder + "/policy.json", PolicyText());
  circumstances_.dockerfile = Written(folder + "/Dockerfile", DockerfileOf(job));
  circumstances_.ignored = Written(folder + "/ignored", IgnoredOf(job));
  circumstances_.cgroup = steps_.made() && !setting.config.chroot ? steps_.name() + "/step" : "";
  circumstances_.chroot = setting.config.chroot;
  circumstances_.use_cache = setting.use_cache;
}

Building::~Building() {
  steps_.End();
  own_.End();
  setting_.cgroups.Remove(setting_.cgroup);
}

Sandbox Building::SandboxOf() const {
  const Slot& slot = setting_.slot;
  const std::string folder = workplace_.path().string(), tmp = slot.tmp();
  Sandbox sandbox;
  sandbox.root = slot.root();
  sandbox.entered = folder + "/entered";
  sandbox.resolver = Written(
      folder + "/resolv.conf",
      ResolverText(ReadAll("/etc/resolv.conf"), ReadAll("/run/systemd/resolve/resolv.conf")));
  sandbox.tmp = tmp;
  sandbox.uplink = UplinkOf(slot.folder());
  sandbox.seen = {{folder, folder, false},
                  {job_.source, job_.source, false},
                  {slot.base(), slot.base(), false},
                  {circumstances_.store, circumstances_.store, true},
                  {slot.memory(), slot.memory(), true},
                  {tmp, tmp, true},
                  {slot.MountsOf(job_.app), tmp + "/buildah-cache", true}};
  const std::string programs = fs::path(setting_.buildah).parent_path();
  if (!engine::Below("/usr", programs) && !fs::is_symlink(programs))
    sandbox.seen.push_back({programs, programs, false});
  return sandbox;
}

child::ChildResult Building::Run(const sdk::Call& call, const CommandLine& line,
                                 const std::vector<int>& inherited,
                                 const std::function<void(std::string_view)>& output) {
  child::ChildSpec spec;
  spec.reason = NS_REASON_ENGINE_UNAVAILABLE;
  spec.argv = line.argv;
  spec.env = line.env;
  spec.inherited = inherited;
  spec.cgroups = setting_.config.chroot ? steps_.Entries() : own_.Entries();
  spec.deadline = deadline_;
  spec.output = output;
  spec.tick = [this] { return !steps_.OutOfMemory() && !disk_.Exceeded(); };
  return child::RunChild(call, spec);
}

void Building::Judge(const sdk::Call& call, const child::ChildResult& result) {
  const bool killed = steps_.OutOfMemory();
  const bool ended = steps_.End() && own_.End();
  call.Check();
  if (killed) throw engine::OutOfMemory("The build", setting_.config.memory);
  if (disk_.Exceeded()) {
    std::error_code ignored;
    fs::remove_all(setting_.slot.MountsOf(job_.app), ignored);  // which nothing else would empty
    throw TooMuchDisk(setting_.config.disk);
  }
  if (result.ending == child::Ending::kLate) throw engine::TimedOut(setting_.config.timeout);
  if (!ended)
    throw sdk::Error(
        NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
        "Processes of the build do not end; look at the cgroup " + setting_.cgroup + ".",
        sdk::Fault::kPlatform);
}

void Building::Pull(const sdk::Call& call) {
  Circumstances base = circumstances_;
  base.store = setting_.slot.base();
  base.images.clear();
  base.run = setting_.slot.memory() + "/base-run";
  for (const BaseImage& image :
       BaseImagesOf(ReadAll(circumstances_.dockerfile), ArgumentsOf(job_))) {
    const child::ChildResult result =
        Run(call, PullCommand(image, mark_, logins_.fd(), base), {logins_.fd()},
            [this](std::string_view bytes) { progress_.Take(bytes); });
    progress_.Finish();
    if (Succeeded(result)) continue;
    Judge(call, result);
    throw PullFailure(image.name, progress_.tail(), result.exit_code);
  }
}

void Building::Build(const sdk::Call& call) {
  const Sandbox sandbox = SandboxOf();
  const CommandLine line =
      Sandboxed(BuildCommand(job_, mark_, workplace_.files(), circumstances_), sandbox);
  const child::ChildResult result = Run(call, line, workplace_.files().secret_fds,
                                        [this](std::string_view bytes) { progress_.Take(bytes); });
  progress_.Finish();
  if (Succeeded(result)) return;
  Judge(call, result);
  if (!fs::exists(sandbox.entered)) throw NoSandbox(progress_.tail());
  throw BuildFailure(progress_.tail(), result.exit_code);
}

std::string Building::Push(const sdk::Call& call) {
  const CommandLine line =
      PushCommand(job_, mark_, logins_.fd(), workplace_.files(), circumstances_);
  const child::ChildResult result =
      Run(call, line, {logins_.fd()}, [this](std::string_view bytes) { progress_.Take(bytes); });
  progress_.Finish();
  const std::string digest = ReadAll(workplace_.files().result);
  if (Succeeded(result) && digest.starts_with("sha256:")) return digest;
  Judge(call, result);
  throw engine::PushFailure(job_.reference, PushWords(progress_.tail()));
}

std::string Building::Ask(const sdk::Call& call, const std::vector<std::string>& words) {
  std::string output;
  const child::ChildResult result = Run(call, StoreCommand(words, circumstances_), {},
                                        [&output](std::string_view bytes) { output += bytes; });
  while (output.ends_with('\n')) output.pop_back();
  if (!Succeeded(result)) {
    Judge(call, result);
    throw engine::DiskTrouble(
        "buildah does not give the image that it has built: " + output.substr(0, 600) + ".");
  }
  return output.substr(output.rfind('\n') + 1);
}

int64_t Building::Export(const sdk::Call& call) {
  Ask(call, {"from", "--pull-never", "--name", ExportName(job_), ImageName(job_)});
  const std::string root = Ask(call, {"mount", ExportName(job_)});
  return engine::GiveFolder(root, job_.plan.export_path, *job_.artifact, [this, &call] {
    call.Check();
    if (Clock::now() >= deadline_) throw engine::TimedOutReading();
  });
}

}  // namespace ns::engine_buildah
