// The link's settings with the files that they name.
#pragma once

#include <string>

#include "config/config.h"
#include "link/entrance.h"
#include "link/security.h"

namespace ns::host {

// How this host shows itself to those it connects to. kInvalid names a file that cannot be read.
Result<link::Identity> IdentityOf(const config::LinkSettings& settings);
Result<link::EntranceOptions> EntranceOptionsOf(const config::LinkSettings& settings);
// " host:port" for the hosts table; empty where nobody elsewhere could reach it.
std::string AdvertisedBy(const config::LinkSettings& settings);

}  // namespace ns::host
