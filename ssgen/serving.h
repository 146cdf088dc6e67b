// Which of the site servers serves, and how another takes over without a failed request.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "ports/site.h"
#include "ssgen/site_folders.h"

namespace ns::ssgen {

// One configured site server.
struct NamedServer {
  std::string name;                     // of the instance, for people
  ports::SiteServer* server = nullptr;  // outlives its use here
  // `root`, `listen` ("127.0.0.1:<port>") and `drain` are the same for all of an installation.
  // `data` is of this one alone and made when absent, in a folder that anybody may enter. `own`
  // may be left empty: it then follows from `data` and `listen`.
  ports::SiteSettings settings;
};

// Nothing is kept of who serves: what answers is looked at, so that the next process goes on from
// wherever one has died. [any-thread]
class Serving {
 public:
  explicit Serving(Clock& clock) : clock_(clock) {}

  // Returns when `chosen` serves at the address with its settings and none of `others` runs. Where
  // another serves, `chosen` is started beside it at an address of its own first and asked for each
  // of `sites`; only then it takes part at the address, and the others are stopped and drain, which
  // the call waits for (`drain` and a few seconds). A failure before that point leaves the other
  // serving and `chosen` stopped, and names what is wrong: the check or start of the server, or
  // "SiteServerUnavailable" with the site that is not answered as it lies on the disk. Again is
  // harmless, and reloads where settings have changed. One call at a time.
  Status Serve(const ports::Call& call, const NamedServer& chosen,
               const std::vector<NamedServer>& others, const std::vector<SiteName>& sites)
      NS_EXCLUDES(turn_);

  // To be called every few seconds: whether the one that Serve has chosen last answers; where it
  // does not, it is started again. Ok while a Serve is under way, and before the first.
  Status Care(const ports::Call& call) NS_EXCLUDES(turn_);

 private:
  Clock& clock_;
  Mutex turn_;
  std::optional<NamedServer> serving_ NS_GUARDED_BY(turn_);
};

}  // namespace ns::ssgen
