#include "disk_growth.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "engine/disk_watch.h"

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

// What names the layers that one stands upon; empty: it stands upon none.
std::string LowerOf(const std::string& layer) {
  std::string text;
  std::getline(std::ifstream(layer + "/lower"), text);
  return text;
}

}  // namespace

DiskGrowth::DiskGrowth(Folders folders, int64_t limit)
    : folders_(std::move(folders)),
      limit_(limit),
      free_(FreeAt(folders_.scratch)),
      before_(engine::BytesBelow(folders_.kept)),
      known_(Subfolders(folders_.layers)),
      look_(Clock::now()) {}

// While a layer is packed it is there twice, above the same lower ones, and twice as an archive.
int64_t DiskGrowth::Added() const {
  int64_t bytes = engine::BytesBelow(folders_.kept) - before_, twice = 0;
  std::map<std::string, int64_t> largest;
  for (const std::string& folder : Subfolders(folders_.layers)) {
    if (known_.contains(folder)) continue;
    const int64_t one = engine::BytesBelow(folder);
    int64_t& other = largest[LowerOf(folder)];
    bytes += one;
    twice = std::max(twice, std::min(one, other));
    other = std::max(one, other);
  }
  return std::max(bytes - twice, engine::BytesBelow(folders_.scratch) / 2);
}

// Whatever others write or free on the same disk hides or feigns it for a glance only.
bool DiskGrowth::Exceeded(bool now) {
  const auto time = Clock::now();
  if (exceeded_ || limit_ <= 0 || (!now && time - glance_ < kGlance)) return exceeded_;
  glance_ = time;
  const bool much = free_ - FreeAt(folders_.scratch) > limit_;
  if (!now && time - look_ < (much ? kSoon : kLater)) return false;
  exceeded_ = Added() > limit_;
  look_ = Clock::now();
  return exceeded_;
}

}  // namespace ns::engine_buildah
