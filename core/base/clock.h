// Time as values. Only `system_clock.cc` reads a real clock.
#pragma once

#include <chrono>
#include <string>

namespace ns {

using Duration = std::chrono::nanoseconds;
// A moment in UTC. The epoch means "never".
using Time = std::chrono::sys_time<std::chrono::microseconds>;

inline constexpr Time kNever{};

// Where time comes from. [any-thread]
class Clock {
 public:
  virtual ~Clock() = default;
  // UTC; may jump.
  virtual Time Now() const = 0;
  // Since an arbitrary moment of this boot; never goes back.
  virtual Duration Monotonic() const = 0;
};

// The machine's clocks.
Clock& SystemClock();

// "2026-01-31T12:00:00.123456Z".
std::string FormatTime(Time time);

}  // namespace ns
