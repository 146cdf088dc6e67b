#include "export.h"

#include <filesystem>
#include <optional>

#include "alarm.h"
#include "engine/run.h"
#include "engine/tar_end.h"

namespace ns::engine_docker {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Labels of an image are its containers' too, and a build's image bears the build's id: what is
// removed by it must bear more than that.
constexpr const char* kInstallation = "neoshowcase.export.installation";
constexpr const char* kBuild = "neoshowcase.export.build";

docker::Labels LabelsOf(const std::string& installation, const std::string& build) {
  return {{kInstallation, installation}, {kBuild, build}};
}

sdk::Error EngineLost(const std::string& what) {
  return {
      NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
      "The Docker daemon was lost while the folder was read: " + what + "; `ns doctor` tells more.",
      sdk::Fault::kPlatform};
}

}  // namespace

// Removed with it, also when the call is over, and when nobody knows whether it was made.
class Export::Container {
 public:
  Container(docker::Engine& engine, const sdk::Call& call, const std::string& installation,
            const sdk::EngineJob& job)
      : engine_(engine), name_("nsexport-" + job.build + "-" + std::to_string(job.attempt)) {
    docker::Labels labels = LabelsOf(installation, job.build);
    // The image's own would make it a container of the application.
    for (const char* inherited :
         {"neoshowcase.installation", "neoshowcase.app", "neoshowcase.build"})
      labels[inherited] = "";
    try {
      engine_.CreateUnstarted(call, {name_, job.reference, labels});
    } catch (...) {
      Remove();
      throw;
    }
  }
  ~Container() { Remove(); }
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;
  const std::string& name() const { return name_; }

 private:
  void Remove() noexcept {
    try {
      engine_.Remove(sdk::Call(), name_);
    } catch (const std::exception&) {  // it is found by the build's id
    }
  }

  docker::Engine& engine_;
  const std::string name_;
};

// nullopt also for links that lead in a circle.
std::optional<docker::PathStat> Export::Look(const sdk::Call& call, const std::string& container,
                                             const std::string& path) {
  try {
    return engine_.Stat(call, container, path);
  } catch (const sdk::Error& error) {
    if (error.message().find("too many l") == std::string::npos) throw;
    return std::nullopt;
  }
}

// Part by part: dockerd would follow every link within the container.
std::string Export::Find(const sdk::Call& call, const std::string& container,
                         const std::string& path) {
  std::string folder;
  for (const fs::path& part : fs::path(path).relative_path()) {
    const std::string at = folder + "/" + part.string();
    auto stat = Look(call, container, at);
    if (!stat) throw engine::ArtifactMissing(path, at);
    std::string found = at;
    if (stat->link) {
      found = stat->target;
      if (!engine::Below(folder, found)) throw engine::ArtifactLinksOut(path, at, found, folder);
      stat = Look(call, container, found);
      if (!stat) throw engine::ArtifactMissing(path, found);
    }
    if (!stat->folder) throw engine::ArtifactNoFolder(path, at);
    folder = found;
  }
  return folder;
}

sdk::EngineResult Export::Give(const sdk::Call& call, const std::string& installation,
                               const sdk::EngineJob& job, Clock::time_point deadline) {
  try {
    const Container container(engine_, call, installation, job);
    return GiveFrom(call, container.name(), job, deadline);
  } catch (const sdk::Stopped&) {
    throw;
  } catch (const sdk::Error& error) {
    if (error.reason() != NS_REASON_BACKEND_UNAVAILABLE) throw;
    call.Check();
    throw EngineLost(error.message());
  }
}

sdk::EngineResult Export::GiveFrom(const sdk::Call& call, const std::string& container,
                                   const sdk::EngineJob& job, Clock::time_point deadline) {
  engine::TarEnd end;
  const auto take = [&](std::string_view piece) {
    end.Take(piece);
    if (most_ > 0 && end.bytes() > most_) throw engine::OutOfDisk(most_);
    job.artifact->Write(piece);
    if (Clock::now() >= deadline) throw engine::TimedOutReading();
  };
  const Alarm alarm(deadline);
  const std::string folder = Find(call, container, job.plan.export_path);
  engine_.GetArchive(call, container, folder + "/.", take,
                     {{alarm.fd(), [] { throw engine::TimedOutReading(); }}});
  if (!end.Whole()) throw EngineLost("the archive ended early");
  return {"", end.bytes(), sdk::ResultKind::kArtifact};
}

void Export::Forget(const sdk::Call& call, const std::string& installation,
                    const std::string& build) {
  for (const docker::Listed& one : engine_.List(call, LabelsOf(installation, build))) {
    if (one.name.starts_with("nsexport-" + build + "-")) engine_.Remove(call, one.id);
  }
}

}  // namespace ns::engine_docker
