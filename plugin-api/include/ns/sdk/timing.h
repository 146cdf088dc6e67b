// Where the SDK gets the time from and how it waits.
#pragma once

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <chrono>

namespace ns::sdk {

using Nanoseconds = std::chrono::nanoseconds;
using UtcTime = std::chrono::sys_time<std::chrono::microseconds>;

// The machine's clocks, unless a simulation or a test puts its own in their place. [any-thread]
class Timing {
 public:
  virtual ~Timing() = default;

  // CLOCK_MONOTONIC, which ns_call::deadline_ns is told in.
  virtual Nanoseconds Monotonic() const { return ReadClock(CLOCK_MONOTONIC); }
  // Goes on while the process does not: what is written down and read by a later process.
  virtual Nanoseconds SinceBoot() const { return ReadClock(CLOCK_BOOTTIME); }
  virtual UtcTime NowUtc() const {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
  // Waits until `cancel_fd` (-1: none) is readable, at most that long and at most 50 ms where there
  // is none; may end earlier.
  virtual void WaitOnce(int cancel_fd, Nanoseconds most) const {
    pollfd cancelled{cancel_fd, POLLIN, 0};
    const Nanoseconds slice =
        cancel_fd >= 0 ? Nanoseconds(std::chrono::hours(1)) : std::chrono::milliseconds(50);
    const Nanoseconds wait = std::clamp(most, Nanoseconds::zero(), slice);
    ::poll(&cancelled, 1,
           static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
  }

  static const Timing& System() {
    static const Timing system;
    return system;
  }

 private:
  static Nanoseconds ReadClock(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
  }
};

}  // namespace ns::sdk
