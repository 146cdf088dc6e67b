#include "act/source_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <utility>
#include <vector>

namespace ns::act {
namespace {

namespace fs = std::filesystem;

constexpr int kNone = -1;

// A descriptor that holds the lock of a folder, or kNone.
int LockFolder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  if (fd >= 0) ::close(fd);
  return kNone;
}

void Remove(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
}

Status DiskUnavailable(const std::string& path, const std::string& why) {
  return Status(Code::kUnavailable, "DiskUnavailable",
                "cannot make the folder " + path + ": " + why)
      .SetFault(Fault::kPlatform);
}

}  // namespace

Result<SourceFolder> SourceFolder::Make(const std::string& path) {
  Remove(path);
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return DiskUnavailable(path, error.message());
  const int lock = LockFolder(path);
  if (lock == kNone) return DiskUnavailable(path, "somebody else has it");
  return SourceFolder(path, lock);
}

SourceFolder::SourceFolder(SourceFolder&& from) noexcept
    : path_(std::move(from.path_)), lock_(std::exchange(from.lock_, kNone)) {}

SourceFolder::~SourceFolder() {
  if (lock_ == kNone) return;
  Remove(path_);
  ::close(lock_);
}

void SweepSources(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    paths.push_back(at->path());
  for (const std::string& path : paths) {
    const int lock = LockFolder(path);
    if (lock == kNone) continue;
    Remove(path);
    ::close(lock);
  }
}

}  // namespace ns::act
