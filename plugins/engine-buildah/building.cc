#include "building.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/failure.h"
#include "engine/folder_walk.h"
#include "engine/run.h"
#include "failure.h"

namespace ns::engine_buildah {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string ReadAll(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

bool Succeeded(const child::ChildResult& result) {
  return result.ending == child::Ending::kExited && result.exit_code == 0;
}

}  // namespace

// runc removes the cgroup of a step when that ends: what bears the limits is the one above it.
Building::Building(const Setting& setting, const sdk::EngineJob& job, const sdk::ByteSink& log)
    : setting_(setting),
      job_(job),
      deadline_(Clock::now() + setting.config.timeout),
      workplace_(setting.slot.folder(), job),
      logins_(engine::RegistryLogins(ReadAll(engine::HomeFolder() + "/.docker/config.json"), job),
              NS_REASON_ENGINE_UNAVAILABLE),
      own_(setting.cgroups, setting.cgroup + "/buildah", {}),
      steps_(setting.cgroups, setting.cgroup + "/steps",
             {setting.config.memory, setting.config.cpu_millis, setting.config.processes}),
      disk_(setting.cgroups, setting.cgroup + "/steps", setting.config.disk),
      circumstances_{setting.buildah,
                     setting.slot.store(),
                     setting.slot.memory() + "/run",
                     setting.slot.tmp(),
                     (workplace_.path() / "registries.conf").string(),
                     logins_.fd(),
                     steps_.made() && !setting.config.chroot ? steps_.name() + "/step" : "",
                     setting.config.chroot,
                     setting.use_cache},
      progress_(engine::HiddenValues(job.plan),
                [&log](std::string_view text) { log.Write(text); }) {
  std::ofstream file(circumstances_.registries);
  file << RegistriesText();
  if (!file.flush())
    throw engine::DiskTrouble("The file " + circumstances_.registries + " cannot be written.");
}

Building::~Building() {
  steps_.End();
  own_.End();
  setting_.cgroups.Remove(setting_.cgroup);
}

child::ChildResult Building::Run(const sdk::Call& call, const CommandLine& line,
                                 const std::function<void(std::string_view)>& output) {
  child::ChildSpec spec;
  spec.reason = NS_REASON_ENGINE_UNAVAILABLE;
  spec.argv = line.argv;
  spec.env = line.env;
  spec.inherited = workplace_.files().secret_fds;
  spec.inherited.push_back(logins_.fd());
  spec.cgroups = setting_.config.chroot ? steps_.Entries() : own_.Entries();
  spec.deadline = deadline_;
  spec.output = output;
  spec.tick = [this] { return !steps_.OutOfMemory() && !disk_.Over(); };
  return child::RunChild(call, spec);
}

void Building::Judge(const sdk::Call& call, const child::ChildResult& result) {
  const bool killed = steps_.OutOfMemory();
  const bool ended = steps_.End() && own_.End();
  call.Check();
  if (killed) throw engine::OutOfMemory("The build", setting_.config.memory);
  if (disk_.Over()) throw engine::OutOfDisk(setting_.config.disk);
  if (result.ending == child::Ending::kLate) throw engine::TimedOut(setting_.config.timeout);
  if (!ended)
    throw sdk::Error(
        NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
        "Processes of the build do not end; look at the cgroup " + setting_.cgroup + ".",
        sdk::Fault::kPlatform);
}

void Building::Build(const sdk::Call& call) {
  const CommandLine line =
      BuildCommand(job_, {setting_.installation, job_.build}, workplace_.files(), circumstances_);
  const child::ChildResult result =
      Run(call, line, [this](std::string_view bytes) { progress_.Take(bytes); });
  progress_.Finish();
  if (Succeeded(result)) return;
  Judge(call, result);
  throw BuildFailure(progress_.tail(), result.exit_code);
}

std::string Building::Push(const sdk::Call& call) {
  const CommandLine line =
      PushCommand(job_, {setting_.installation, job_.build}, workplace_.files(), circumstances_);
  const child::ChildResult result =
      Run(call, line, [this](std::string_view bytes) { progress_.Take(bytes); });
  progress_.Finish();
  const std::string digest = ReadAll(workplace_.files().result);
  if (Succeeded(result) && digest.starts_with("sha256:")) return digest;
  Judge(call, result);
  throw engine::PushFailure(job_.reference, PushWords(progress_.tail()));
}

std::string Building::Ask(const sdk::Call& call, const std::vector<std::string>& words) {
  std::string output;
  const child::ChildResult result = Run(call, StoreCommand(words, circumstances_),
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
