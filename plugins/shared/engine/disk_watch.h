// Holds the limit of what a build writes to the disk.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "engine/cgroup.h"

namespace ns::engine {

// The folder that an overlay at "/" writes to, of the text of a /proc/<pid>/mountinfo; empty: the
// root is no overlay. Pure.
std::string UpperOfRoot(const std::string& mountinfo);

// Bytes on the disk of what is in a folder; what is there under several names counts once. More
// than 200 folders in each other count as a tebibyte.
int64_t BytesBelow(const std::string& folder);

// Looks at what the steps write: the layer that each of them has on top, by the mounts of the
// processes in the cgroup of the build. Layers of steps that have ended count on, and so does what
// the engine gives away of the build.
class DiskWatch {
 public:
  // `limit`: bytes; 0: none. `cgroups` must outlive it.
  DiskWatch(const Cgroups& cgroups, std::string cgroup, int64_t limit);

  // Whether it is more than the limit; once true it stays so. Called every 20 ms it may miss a step
  // that is over within two calls, and what that has written; what the others have is added up
  // seldom enough to cost a twentieth of the time at most, unless it must be `now`. Not for two
  // threads.
  bool Over(bool now = false);
  // Of the folder that is given, `bytes` by now. Whether that is too much. [any-thread]
  bool Give(int64_t bytes);

 private:
  void Find();
  void Measure();
  bool TooMuch() const { return limit_ > 0 && written_ + given_ > limit_; }

  struct Layer {
    int64_t bytes = 0;
    bool runs = false, measured = false;  // measured: since it ended
  };

  const Cgroups& cgroups_;
  const std::string cgroup_, ours_;  // what this process writes to itself
  const int64_t limit_;
  std::map<std::string, Layer> layers_;  // by folder
  std::map<int, std::string> steps_;     // folders by process
  std::atomic<int64_t> written_ = 0, given_ = 0;
  bool over_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace ns::engine
