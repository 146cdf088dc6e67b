// Which hosts count as up.
#pragma once

#include "base/clock.h"

namespace ns::api {

inline constexpr Duration kAlive = std::chrono::seconds(30);

}  // namespace ns::api
