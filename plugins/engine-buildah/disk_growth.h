// How much a build adds to the disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace ns::engine_buildah {

// Counts what is below folders and was not there when it was made: what buildah fetches and copies,
// too, and cache mounts, which engine::DiskWatch does not see. Not for use by two threads.
class DiskGrowth {
 public:
  struct Folders {
    std::vector<std::string> layers;  // subfolders of that time do not count
    std::string kept;                 // its growth counts beside them
    std::string scratch;  // half its size counts, by itself: what is in it becomes a layer
  };
  // `limit`: bytes; 0: none.
  DiskGrowth(Folders folders, int64_t limit);

  // Cheap; looks closely when the file system has lost that much, at times, and `now`. Once true it
  // stays so.
  bool Exceeded(bool now = false);

 private:
  int64_t Added() const;

  const Folders folders_;
  const int64_t limit_, free_, before_;
  const std::set<std::string> known_;
  std::chrono::steady_clock::time_point glance_, look_;
  bool exceeded_ = false;
};

}  // namespace ns::engine_buildah
