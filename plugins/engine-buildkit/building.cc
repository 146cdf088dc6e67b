#include "building.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "command_line.h"
#include "engine/failure.h"
#include "engine/run.h"
#include "engine/syntax_line.h"
#include "piped_child.h"

namespace ns::engine_buildkit {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kDaemon = "buildkitd";
constexpr const char* kPolicy = "policy.json";

std::string ReadAll(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Credentials are in memory: buildctl reads them by a link to a descriptor that it inherits.
std::string LinkLogins(const engine::Workplace& workplace, const child::MemoryFile& logins) {
  const fs::path folder = workplace.path() / "docker";
  std::error_code error;
  fs::create_directory(folder, error);
  if (!error)
    fs::create_symlink("/proc/self/fd/" + std::to_string(logins.fd()), folder / "config.json",
                       error);
  if (error) throw engine::DiskTrouble("The folder " + folder.string() + " cannot be made.");
  return folder.string();
}

}  // namespace

Building::Building(const Setting& setting, const sdk::EngineJob& job, const engine::LogPump& pump)
    : setting_(setting),
      job_(job),
      pump_(pump),
      deadline_(Clock::now() + setting.config.timeout),
      daemon_pid_(setting.daemon.pid()),
      workplace_(setting.folder, job),
      logins_(engine::RegistryLogins(ReadAll(engine::HomeFolder() + "/.docker/config.json"), job),
              NS_REASON_ENGINE_UNAVAILABLE),
      cgroup_(setting.cgroups, setting.cgroup,
              {setting.config.memory, setting.config.cpu_millis, setting.config.processes}),
      disk_(setting.cgroups, setting.cgroup, setting.config.disk),
      progress_(engine::HiddenValues(job.plan),
                [&pump](std::string_view text) { pump.sink().Write(text); }) {
  workplace_.Note(kCgroupNote, cgroup_.name());
  workplace_.Note(kPolicy, SourcePolicy());
  if (workplace_.NamesSyntax()) pump.sink().Write(engine::kSyntaxLeftOut);
}

child::ChildSpec Building::Spec() {
  const Circumstances circumstances{setting_.daemon.Buildctl(), setting_.daemon.address(),
                                    (workplace_.path() / "docker").string(), cgroup_.name(),
                                    (workplace_.path() / kPolicy).string()};
  const CommandLine line =
      BuildCommand(job_, {setting_.installation, job_.build}, workplace_.files(), circumstances);
  child::ChildSpec spec;
  spec.reason = NS_REASON_ENGINE_UNAVAILABLE;
  spec.argv = line.argv;
  spec.env = line.env;
  spec.inherited = workplace_.files().secret_fds;
  spec.inherited.push_back(logins_.fd());
  spec.deadline = deadline_;
  spec.output = [this](std::string_view bytes) { progress_.Take(bytes); };
  spec.full = [this] { return pump_.Full(); };
  spec.tick = [this] { return !cgroup_.OutOfMemory() && !disk_.Over(); };
  return spec;
}

std::string Building::Push(const sdk::Call& call) {
  LinkLogins(workplace_, logins_);
  const child::ChildResult result = child::RunChild(call, Spec());
  progress_.Finish();
  Judge(call, result);
  const std::string digest = DigestIn(ReadAll(workplace_.files().result));
  if (digest.empty())
    throw engine::PushFailure(job_.reference, "buildctl ended without naming a digest");
  return digest;
}

int64_t Building::Export(const sdk::Call& call) {
  LinkLogins(workplace_, logins_);
  engine::FolderOfTar folder(job_.plan.export_path, *job_.artifact);
  while (!Pass(call, folder)) continue;  // the build is in the cache by now
  return folder.bytes();
}

bool Building::Pass(const sdk::Call& call, engine::FolderOfTar& folder) {
  PipedChild child(call, Spec());
  try {
    const bool done = folder.Pass([&] {
      if (Clock::now() >= deadline_) throw engine::TimedOutReading();
      if (disk_.Give(folder.bytes())) throw engine::OutOfDisk(setting_.config.disk);
      return child.Read();
    });
    Judge(call, child.End());
    return done;
  } catch (...) {
    // Whether the archive was not as it should be, or the build did not come to give one.
    if (child.ended()) throw;
    const child::ChildResult result = child.Stop();
    if (result.ending != child::Ending::kTicked || cgroup_.OutOfMemory() || disk_.Over())
      Judge(call, result);
    throw;
  }
}

void Building::Judge(const sdk::Call& call, const child::ChildResult& result) {
  const bool over = disk_.Over(true);
  if (result.ending == child::Ending::kExited && result.exit_code == 0 && !over) return;
  progress_.Finish();
  const bool killed = cgroup_.OutOfMemory();
  const bool ended = cgroup_.End();
  call.Check();
  if (killed) throw engine::OutOfMemory("The build", setting_.config.memory);
  if (over) throw engine::OutOfDisk(setting_.config.disk);
  if (result.ending == child::Ending::kLate) throw engine::TimedOut(setting_.config.timeout);
  if (!ended)
    throw sdk::Error(
        NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
        "Processes of the build do not end; look at the cgroup " + cgroup_.name() + ".",
        sdk::Fault::kPlatform);
  const std::string push = engine::RefusedPush(progress_.tail());
  const bool same = setting_.daemon.Answers() && setting_.daemon.pid() == daemon_pid_;
  if (same && !push.empty()) throw engine::PushFailure(job_.reference, push);
  throw engine::BuildFailure(kDaemon, progress_.tail(), same, progress_.said());
}

}  // namespace ns::engine_buildkit
