// How much a build adds to the disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace ns::engine_buildah {

// Counts what is below folders and was not there when it was made. Not for use by two threads.
class DiskWatch {
 public:
  // `layers`: folders whose subfolders of that time do not count. `others`: folders of which the
  // growth counts. `limit`: bytes; 0: none.
  DiskWatch(std::vector<std::string> layers, std::vector<std::string> others, int64_t limit);

  // Cheap; looks closely when the file system has lost that much, and at times. Once true it stays
  // so.
  bool Exceeded();

 private:
  int64_t Added() const;

  const std::vector<std::string> layers_, others_;
  const int64_t limit_, free_, before_;
  const std::set<std::string> known_;
  std::chrono::steady_clock::time_point glance_, look_;
  bool exceeded_ = false;
};

}  // namespace ns::engine_buildah
