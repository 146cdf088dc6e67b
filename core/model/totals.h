// How many of what there is, for operators.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "model/app_enums.h"

namespace ns::model {

struct AppTotal {
  DesiredState desired = DesiredState::kStopped;
  ContainerState seen = ContainerState::kMissing;  // kMissing too where nothing was ever seen
  int64_t count = 0;
  friend auto operator<=>(const AppTotal&, const AppTotal&) = default;
};

struct Totals {
  std::vector<AppTotal> apps;  // without tombstones; ascending, none twice
  int64_t tombstones = 0;      // deleted, and not yet gone
  int64_t queued = 0, building = 0;
  Duration longest_queued{};  // of those that wait; zero: none does
  std::map<HostId, int64_t>
      held;  // applications by the host that holds them; those of nobody are left out
};

}  // namespace ns::model
