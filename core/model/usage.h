// What applications use: what backends count, and the short history made of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"

namespace ns::model {

inline constexpr int64_t kUnmeasured = -1;

// Of one running replica, see ns_usage; counters go up from any number.
struct ReplicaUsage {
  AppId app;
  std::string replica;
  Duration at{};  // when it was read, of Clock::Monotonic
  int64_t cpu_ns = kUnmeasured, memory = kUnmeasured, received = kUnmeasured, sent = kUnmeasured;
  friend bool operator==(const ReplicaUsage&, const ReplicaUsage&) = default;
};

// Of one application over a span of time; what is not known is kUnmeasured.
struct Usage {
  int64_t cpu = kUnmeasured;       // millionths of a core, on average
  int64_t memory = kUnmeasured;    // bytes, at its end
  int64_t received = kUnmeasured;  // bytes a second, on average
  int64_t sent = kUnmeasured;
  friend bool operator==(const Usage&, const Usage&) = default;
};

// Samples are taken so often, and kept so long; then a minute's average is left, and kept so long.
inline constexpr std::chrono::seconds kUsageSpan{15}, kUsageMinute{60};
inline constexpr std::chrono::hours kUsageSpanKept{1}, kUsageMinuteKept{24};

// Of all applications on one backend, over the `span` that ends at `at`, a multiple of it.
struct UsageBatch {
  std::string backend;
  Time at = kNever;
  std::chrono::seconds span = kUsageSpan;
  std::vector<std::pair<AppId, Usage>> apps;  // each once
};

// Of one application.
struct UsagePoint {
  Time at = kNever;
  std::chrono::seconds span = kUsageSpan;
  Usage usage;
  friend bool operator==(const UsagePoint&, const UsagePoint&) = default;
};

}  // namespace ns::model
