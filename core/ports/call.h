// What accompanies every blocking call through a port.
#pragma once

#include <optional>
#include <stop_token>

#include "base/clock.h"

namespace ns::ports {

struct Call {
  std::stop_token cancel;            // requested: the result is no longer wanted
  std::optional<Duration> deadline;  // on Clock::Monotonic()
};

}  // namespace ns::ports
