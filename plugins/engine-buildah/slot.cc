#include "slot.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "digest/digest.h"
#include "engine/run.h"

namespace ns::engine_buildah {
namespace {

namespace fs = std::filesystem;

constexpr int kMostSlots = 64;

void MakeFolder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || ::chmod(path.c_str(), 0700) != 0)
    throw engine::DiskTrouble("The folder " + path.string() +
                              " cannot be made: " + error.message() + ".");
}

bool InMemory(const std::string& folder) {
  struct statfs info {};
  return ::statfs(folder.c_str(), &info) == 0 &&
         (info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC);
}

bool Holds(const fs::path& slot, const std::string& build) {
  std::error_code error;
  for (fs::directory_iterator entry(slot, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with("build-" + build + "-")) return true;
  }
  return false;
}

}  // namespace

std::optional<Slot> Slot::Lock(const std::string& instance, const Config& config, int number) {
  const std::string folder = instance + "/slot" + std::to_string(number);
  MakeFolder(folder);
  const int lock = ::open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) throw engine::DiskTrouble("The file " + folder + "/lock cannot be made.");
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return std::nullopt;
  }
  return Slot(
      folder,
      config.memory_folder + "/neoshowcase-buildah-" + digest::Sha256Hex(folder).substr(0, 8),
      lock);
}

std::optional<Slot> Slot::Take(const std::string& instance, const Config& config) {
  for (int number = 1; number <= std::min(config.concurrency, kMostSlots); ++number) {
    if (auto slot = Lock(instance, config, number)) return slot;
  }
  return std::nullopt;
}

std::optional<Slot> Slot::OfBuild(const std::string& instance, const Config& config,
                                  const std::string& build) {
  for (int number = 1; number <= kMostSlots; ++number) {
    if (Holds(instance + "/slot" + std::to_string(number), build))
      return Lock(instance, config, number);
  }
  return std::nullopt;
}

Slot::Slot(Slot&& other) noexcept
    : folder_(std::move(other.folder_)),
      memory_(std::move(other.memory_)),
      lock_(std::exchange(other.lock_, -1)) {}

Slot::~Slot() {
  if (lock_ >= 0) ::close(lock_);
}

std::vector<std::string> Slot::InUse() const {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(apps(), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string app = entry->path().filename().string();
    std::error_code ignored;
    if (fs::is_symlink(LinkOf(app), ignored)) found.push_back(app);
  }
  return found;
}

void Slot::MakeScratch() const {
  for (const std::string& folder : {tmp(), root(), base()}) MakeFolder(folder);
}

void Slot::Prepare(const std::string& app) const {
  const std::string parent = fs::path(memory_).parent_path();
  if (!InMemory(parent))
    throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE,
                     parent +
                         " is no file system in memory, where buildah's containers and their "
                         "secrets shall be; set `memory_folder` of the engine.",
                     sdk::Fault::kOperator);
  MakeScratch();
  for (const std::string& folder : {memory_ + "/containers", memory_ + "/run",
                                    memory_ + "/base-run", StoreOf(app), MountsOf(app)})
    MakeFolder(folder);
  std::error_code error;
  fs::remove_all(LinkOf(app), error);
  fs::create_directory_symlink(memory_ + "/containers", LinkOf(app), error);
  if (error) throw engine::DiskTrouble("The link " + LinkOf(app) + " cannot be made.");
}

}  // namespace ns::engine_buildah
