// Which sites on disk nobody needs. Pure.
#pragma once

#include <map>
#include <vector>

#include "base/clock.h"
#include "model/site.h"
#include "ssgen/site_files.h"

namespace ns::ssgen {

Site SiteOf(const model::SiteDemand& demand);

// The sites of `present` that nothing needs, and since when: as `before` has it, or `now`. Needed
// is the release of a target, and all releases of an application whose routes may still lead to an
// older one.
std::map<SiteName, Duration> NeedlessSince(const std::map<SiteName, Duration>& before,
                                           const std::vector<SiteName>& present,
                                           const std::vector<model::SiteDemand>& demands,
                                           Duration now);

// Those that have been needless since `limit` or longer.
std::vector<SiteName> Overdue(const std::map<SiteName, Duration>& since, Duration limit);

}  // namespace ns::ssgen
