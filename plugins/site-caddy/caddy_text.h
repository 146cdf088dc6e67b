// The configuration of Caddy. Pure.
#pragma once

#include <string>

#include "ns/sdk/site.h"

namespace ns::site_caddy {

// One JSON text for all sites: nothing in it is of a user. `mark`: what a probe is answered with.
std::string ConfigText(const sdk::SiteSettings& settings, const std::string& mark);

// The socket in the folder `run` by which Caddy is told to take up a configuration.
std::string AdminSocketIn(const std::string& run);

}  // namespace ns::site_caddy
