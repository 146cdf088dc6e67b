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
      disk_({{setting.slot.base() + "/overlay", setting.slot.StoreOf(job.app) + "/overlay"},
             setting.slot.MountsOf(job.app),
             setting.slot.tmp()},
            setting.config.disk),
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

// Programs that are elsewhere than the others.
void SeePrograms(const std::string& buildah, Sandbox& sandbox) {
  const std::string folder = fs::path(buildah).parent_path();
  if (!engine::Below("/usr", folder) && !fs::is_symlink(folder))
    sandbox.seen.push_back({folder, folder, false});
}

Sandbox Building::BuildSandbox() const {
  const Slot& slot = setting_.slot;
  const std::string folder = workplace_.path().string();
  Sandbox sandbox = StoreSandbox(slot, job_.app);
  sandbox.entered = folder + "/entered";
  sandbox.resolver = Written(
      folder + "/resolv.conf",
      ResolverText(ReadAll("/etc/resolv.conf"), ReadAll("/run/systemd/resolve/resolv.conf")));
  sandbox.uplink = UplinkOf(slot.folder());
  sandbox.seen.push_back({folder, folder, false});
  sandbox.seen.push_back({job_.source, job_.source, false});
  sandbox.seen.push_back({slot.MountsOf(job_.app), slot.tmp() + "/buildah-cache", true});
  SeePrograms(setting_.buildah, sandbox);
  return sandbox;
}

CommandLine Building::OnStore(const CommandLine& line) const {
  Sandbox sandbox = StoreSandbox(setting_.slot, job_.app);
  const std::string folder = workplace_.path().string();
  sandbox.seen.push_back({folder, folder, true});
  for (const char* certificates : {"/etc/containers/certs.d", "/etc/docker/certs.d"})
    if (fs::is_directory(certificates)) sandbox.seen.push_back({certificates, certificates, false});
  SeePrograms(setting_.buildah, sandbox);
  return Sandboxed(line, sandbox);
}

child::ChildResult Building::Run(const sdk::Call& call, const CommandLine& line,
                                 const std::vector<int>& inherited,
                                 const std::function<void(std::string_view)>& output,
                                 const std::function<bool()>& goes_on) {
  child::ChildSpec spec;
  spec.reason = NS_REASON_ENGINE_UNAVAILABLE;
  spec.argv = line.argv;
  spec.env = line.env;
  spec.inherited = inherited;
  spec.cgroups = setting_.config.chroot ? steps_.Entries() : own_.Entries();
  spec.deadline = deadline_;
  spec.output = output;
  spec.tick = [&] { return goes_on() && !steps_.OutOfMemory() && !disk_.Exceeded(); };
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
    throw engine::OutOfDisk(setting_.config.disk);
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
  const Sandbox sandbox = BuildSandbox();
  const CommandLine line =
      Sandboxed(BuildCommand(job_, mark_, workplace_.files(), circumstances_), sandbox);
  const child::ChildResult result = Run(call, line, workplace_.files().secret_fds,
                                        [this](std::string_view bytes) { progress_.Take(bytes); });
  progress_.Finish();
  if (Succeeded(result) && !disk_.Exceeded(true)) return;
  Judge(call, result);
  if (!fs::exists(sandbox.entered)) throw NoSandbox(progress_.tail());
  throw BuildFailure(progress_.tail(), result.exit_code);
}

std::string Building::Push(const sdk::Call& call) {
  const CommandLine line =
      OnStore(PushCommand(job_, mark_, logins_.fd(), workplace_.files(), circumstances_));
  const child::ChildResult result =
      Run(call, line, {logins_.fd()}, [this](std::string_view bytes) { progress_.Take(bytes); });
  progress_.Finish();
  const std::string digest = ReadAll(workplace_.files().result);
  if (Succeeded(result) && digest.starts_with("sha256:")) return digest;
  Judge(call, result);
  throw engine::PushFailure(job_.reference, PushWords(progress_.tail()));
}

// What is mounted is seen through the process that has mounted it, while that waits.
int64_t Building::Export(const sdk::Call& call) {
  std::string output;
  std::optional<int64_t> given;
  const auto check = [this, &call] {
    call.Check();
    if (Clock::now() >= deadline_) throw engine::TimedOutReading();
  };
  const auto take = [&](std::string_view bytes) {
    output += bytes;
    const std::string root = given ? "" : MountedAt(output);
    if (!root.empty())
      given = engine::GiveFolder(root, job_.plan.export_path, *job_.artifact, check);
  };
  const CommandLine line = OnStore(MountCommand(job_, mark_, circumstances_));
  const child::ChildResult result = Run(call, line, {}, take, [&given] { return !given; });
  if (given) return *given;
  Judge(call, result);
  throw engine::DiskTrouble(
      "buildah does not give the image that it has built: " + output.substr(0, 600) + ".");
}

}  // namespace ns::engine_buildah
