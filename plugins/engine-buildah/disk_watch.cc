#include "disk_watch.h"

#include <sys/statvfs.h>

#include <filesystem>

#include "store.h"

namespace ns::engine_buildah {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kGlance = 100ms, kSoon = 500ms, kLater = 10s;

int64_t FreeAt(const std::string& folder) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) return 0;
  return static_cast<int64_t>(info.f_bfree) * static_cast<int64_t>(info.f_frsize);
}

std::set<std::string> Subfolders(const std::vector<std::string>& folders) {
  std::set<std::string> found;
  for (const std::string& folder : folders) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error))
      found.insert(entry->path().string());
  }
  return found;
}

int64_t Bytes(const std::vector<std::string>& folders) {
  int64_t bytes = 0;
  for (const std::string& folder : folders) bytes += BytesBelow(folder);
  return bytes;
}

}  // namespace

DiskWatch::DiskWatch(std::vector<std::string> layers, std::vector<std::string> others,
                     int64_t limit)
    : layers_(std::move(layers)),
      others_(std::move(others)),
      limit_(limit),
      free_(others_.empty() ? 0 : FreeAt(others_.front())),
      before_(Bytes(others_)),
      known_(Subfolders(layers_)),
      look_(Clock::now()) {}

int64_t DiskWatch::Added() const {
  int64_t bytes = Bytes(others_) - before_;
  for (const std::string& folder : Subfolders(layers_))
    if (!known_.contains(folder)) bytes += BytesBelow(folder);
  return bytes;
}

// Whatever others write or free on the same disk hides or feigns it for a glance only.
bool DiskWatch::Exceeded() {
  const auto now = Clock::now();
  if (exceeded_ || limit_ <= 0 || now - glance_ < kGlance) return exceeded_;
  glance_ = now;
  const bool much = free_ - FreeAt(others_.front()) > limit_;
  if (now - look_ < (much ? kSoon : kLater)) return false;
  exceeded_ = Added() > limit_;
  look_ = Clock::now();
  return exceeded_;
}

}  // namespace ns::engine_buildah
