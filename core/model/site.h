// Static sites, as hosts that serve them see them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/id.h"
#include "model/build.h"

namespace ns::model {

// What hosts of sites shall have of one application.
struct SiteDemand {
  AppId app;
  int64_t version = 0;  // as of AppSnapshot
  ReleaseId release;    // of the target
  Image artifact;       // of it
  bool spa = false;     // what is not there is answered with its index.html
  friend bool operator==(const SiteDemand&, const SiteDemand&) = default;
};

// Who has the release of an application's target on disk, of those whose lease is alive.
struct SiteSpread {
  int hosts = 0;  // that serve sites
  int ready = 0;  // of these
  friend bool operator==(const SiteSpread&, const SiteSpread&) = default;
};

}  // namespace ns::model
