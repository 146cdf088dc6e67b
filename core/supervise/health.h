// Ways to ask a helper whether it is well.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/status.h"

namespace ns::supervise {

// Blocks for a few seconds at most.
using HealthCheck = std::function<Status()>;

// "tcp:127.0.0.1:80" and "unix:/x.sock": something accepts; "http://127.0.0.1:8080/ping": GET is
// answered by a 2xx. Empty: always well. kInvalid for anything else. The host is a numeric address.
Result<HealthCheck> HealthCheckOf(const std::string& address,
                                  Duration timeout = std::chrono::seconds(2));

}  // namespace ns::supervise
