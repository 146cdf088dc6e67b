// The configuration of the Apache HTTP server. Pure.
#pragma once

#include <string>

#include "ns/sdk/site.h"
#include "site/config.h"

namespace ns::site_httpd {

// One text for all sites: nothing in it is of a user. `mark`: what a probe is answered with.
std::string ConfigText(const site::Config& config, const sdk::SiteSettings& settings,
                       const std::string& mark);

}  // namespace ns::site_httpd
