// One effect of the loop of static sites carried out by blocking calls.
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/mutex.h"
#include "ports/store.h"
#include "reconcile/effect.h"
#include "ssgen/site_files.h"
#include "ssgen/turns.h"

namespace ns::ssgen {

// What effects are carried out with. Owns nothing.
struct SiteParts {
  ports::Store store;
  SiteFiles& files;
  HostId host;
  // Whether that site is given out as it lies on the disk: nothing else is acknowledged.
  std::function<Status(const SiteName& site)> serves;
  Random& random;
  Clock& clock;
};

// How long a site stays on disk after nothing needs it: requests that are under way, and routes
// that are being written, may still name it.
inline constexpr Duration kLinger = std::chrono::minutes(2);

// [any-thread]
class SitePerformer {
 public:
  explicit SitePerformer(const SiteParts& parts) : parts_(parts) {}

  // Blocks, with a deadline that fits the effect. `cancel`: the outcome is no longer wanted.
  reconcile::Outcome operator()(const reconcile::Effect& effect, std::stop_token cancel);

 private:
  class Performer;

  const SiteParts& parts_;
  Guarded<std::map<SiteName, Duration>> needless_;  // since when, on the monotonic clock
  Turns turns_;  // what is on disk of an application, and what is acknowledged of it
};

}  // namespace ns::ssgen
