// A clock that moves when a test says so. [any-thread]
#pragma once

#include <atomic>

#include "base/clock.h"

namespace ns::ports::testing {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(Time now = Time(std::chrono::hours(24 * 365 * 50))) : start_(now) {}
  Time Now() const override {
    return start_ + std::chrono::duration_cast<std::chrono::microseconds>(Duration(passed_.load()));
  }
  Duration Monotonic() const override { return Duration(passed_.load()); }
  void Advance(Duration by) { passed_ += by.count(); }

 private:
  const Time start_;
  std::atomic<int64_t> passed_{0};
};

}  // namespace ns::ports::testing
