// One seeded stream of chance. Streams of one seed are independent, so that a decision more in one
// of them changes nothing in the others.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/random.h"

namespace ns::sim {

enum class Stream : uint64_t { kSwarm = 1, kWorkload, kNetwork, kFaults, kScheduling, kHosts };

class Chance {
 public:
  Chance(uint64_t seed, Stream stream)
      : random_(seed * 0x9e3779b97f4a7c15ULL + static_cast<uint64_t>(stream)) {}

  Random& random() { return random_; }
  // In [0, bound).
  int64_t Below(int64_t bound) {
    return static_cast<int64_t>(random_.Below(static_cast<uint64_t>(bound)));
  }
  bool Percent(int percent) { return Below(100) < percent; }
  bool PerMille(int per_mille) { return per_mille > 0 && Below(1000) < per_mille; }
  // In [least, most), in whole microseconds.
  Duration Between(Duration least, Duration most) {
    const auto span = std::chrono::duration_cast<std::chrono::microseconds>(most - least).count();
    return least + std::chrono::microseconds(Below(span > 0 ? span : 1));
  }
  template <class T>
  const T& Pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(Below(static_cast<int64_t>(from.size())))];
  }

 private:
  SeededRandom random_;
};

}  // namespace ns::sim
