// Which hosts have which release of a static site.
#pragma once

#include "base/id.h"
#include "model/site.h"
#include "store/connection.h"

namespace ns::store {

// How many of the hosts that serve sites and whose lease is alive have that release.
Result<model::SiteSpread> LoadSpread(Connection& connection, const AppId& app,
                                     const ReleaseId& release);

}  // namespace ns::store
