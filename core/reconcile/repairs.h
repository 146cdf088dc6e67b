// How soon what has ended by itself is started again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "base/clock.h"
#include "reconcile/effect.h"
#include "reconcile/engine.h"

namespace ns::reconcile {

// The first time at once, then after 1 s, 2 s, 4 s... up to a minute, until it has run for ten
// seconds: the rule of Docker's restart policy. A start that succeeds ends no wait, since a program
// may end just after it was ready. Of one thread.
class Repairs {
 public:
  static constexpr Duration kLasts = std::chrono::seconds(10);
  static constexpr Duration kLongest = std::chrono::minutes(1);

  // How long to wait before the target of that generation is started again at `now`, on the
  // monotonic clock. Zero: start it, which is counted.
  Duration Wait(const Key& key, int64_t generation, Duration now) {
    Started& last = started_[key];
    if (last.generation != generation || now - last.at >= WaitAfter(last.times) + kLasts)
      last = {generation, 0, now};
    const Duration due = last.at + WaitAfter(last.times);
    if (due > now) return due - now;
    last = {generation, last.times + 1, now};
    return Duration::zero();
  }
  void Forget(const Key& key) { started_.erase(key); }

 private:
  struct Started {
    int64_t generation = 0;
    int times = 0;
    Duration at{};
  };
  static Duration WaitAfter(int times) {
    return times == 0 ? Duration::zero() : std::min<Duration>(BackOff(times), kLongest);
  }

  std::map<Key, Started> started_;
};

}  // namespace ns::reconcile
