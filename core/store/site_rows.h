// Which hosts have which release of a static site.
#pragma once

#include <map>
#include <vector>

#include "base/id.h"
#include "model/site.h"
#include "store/connection.h"

namespace ns::store {

// Of each of `apps` and the release at its place in `releases`: how many of the hosts that serve
// sites and whose lease is alive have it.
Result<std::map<AppId, model::SiteSpread>> LoadSpreads(Connection& connection,
                                                       const std::vector<AppId>& apps,
                                                       const std::vector<ReleaseId>& releases);

}  // namespace ns::store
