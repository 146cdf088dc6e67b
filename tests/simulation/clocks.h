// Clocks in virtual time.
#pragma once

#include "base/clock.h"
#include "scheduler.h"

namespace ns::sim {

inline constexpr Time kBeginning{std::chrono::hours(24 * 365 * 50)};

// Of the database, and what is true.
class TrueClock final : public Clock {
 public:
  explicit TrueClock(const Scheduler& scheduler) : scheduler_(scheduler) {}
  Time Now() const override {
    return kBeginning + std::chrono::duration_cast<std::chrono::microseconds>(scheduler_.now());
  }
  Duration Monotonic() const override { return scheduler_.now(); }

 private:
  const Scheduler& scheduler_;
};

// Of one machine: its wall clock may be wrong and jump, its monotonic clock began some time ago.
class MachineClock final : public Clock {
 public:
  MachineClock(const Scheduler& scheduler, Duration up) : scheduler_(scheduler), up_(up) {}
  void Jump(Duration by) { wrong_ += by; }

  Time Now() const override {
    return kBeginning +
           std::chrono::duration_cast<std::chrono::microseconds>(scheduler_.now() + wrong_);
  }
  Duration Monotonic() const override { return scheduler_.now() + up_; }

 private:
  const Scheduler& scheduler_;
  const Duration up_;
  Duration wrong_{};
};

}  // namespace ns::sim
