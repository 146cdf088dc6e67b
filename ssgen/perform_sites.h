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

namespace ns::ssgen {

// What effects are carried out with. Owns nothing.
struct SiteParts {
  ports::Store store;
  SiteFiles& files;
  HostId host;
  // Whether the server answers: nothing is acknowledged that cannot be served.
  std::function<Status()> serves;
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
};

}  // namespace ns::ssgen
