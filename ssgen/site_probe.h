// Whether a server gives a site out as it lies on the disk.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "ssgen/site_folders.h"

namespace ns::ssgen {

// Asks the server at `address` ("127.0.0.1:80") for the first page of a site below `root`, or for
// another of its files where it has none, and compares up to a megabyte of it. Ok for a site that
// is not there any more. kUnavailable "SiteServerUnavailable" names the site and what came; a
// `timeout` passes in silence at most.
Status ProbeSite(const std::string& address, const std::string& root, const SiteName& site,
                 Duration timeout);

}  // namespace ns::ssgen
