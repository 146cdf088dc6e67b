// Which sites on disk nobody needs. Pure.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "base/clock.h"
#include "model/site.h"
#include "ssgen/site_files.h"

namespace ns::ssgen {

Site SiteOf(const model::SiteDemand& demand);

// Who needs sites: the target of an application needs its release, and the routes of one that has
// not settled may lead to any.
struct Needs {
  std::set<SiteName> targets;
  std::set<AppId> unsettled;
  bool Have(const SiteName& site) const {
    return targets.contains(site) || unsettled.contains(site.app);
  }
};

// The sites of `present` that nothing needs, and since when: as `before` has it, or `now`.
std::map<SiteName, Duration> NeedlessSince(const std::map<SiteName, Duration>& before,
                                           const std::vector<SiteName>& present, const Needs& needs,
                                           Duration now);

// Those that have been needless since `limit` or longer.
std::vector<SiteName> Overdue(const std::map<SiteName, Duration>& since, Duration limit);

}  // namespace ns::ssgen
