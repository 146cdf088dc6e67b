// On whose behalf the store is written to.
#pragma once

#include "base/id.h"

namespace ns::ports {

// The host on whose behalf a loop writes. Nobody: nothing is checked (people's own writes, tests).
// A write that names a holder fails with kStale and the reason model::kHeldElsewhere unless that
// host holds the application or repository and its lease is alive on the database's clock.
inline const HostId kNobody;

// On whose behalf a write is told of in its event, where no person asked for it.
inline const UserId kPlatform;

}  // namespace ns::ports
