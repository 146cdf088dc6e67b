// Mirrors that nobody needs any more.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"

namespace ns::git {

// Mirrors are copies: one that goes too early is fetched again.
struct SweepRules {
  std::optional<std::vector<RepositoryId>> registered;  // nullopt: not known here
  Duration forgotten_after = std::chrono::minutes(10);  // unused, of such as are not registered
  Duration unused_after = std::chrono::hours(24 * 14);  // unused, of all
};

// Removes mirrors below `folder` (GitOptions::folder) by these rules, but none that is in use. The
// ids of those that went; what cannot be removed is told in the log and left to the next sweep.
std::vector<RepositoryId> SweepMirrors(const std::string& folder, const SweepRules& rules,
                                       Time now);

}  // namespace ns::git
