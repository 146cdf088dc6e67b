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
#include "ssgen/turns.h"

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

// The address of a server alone: 127.x.y.z by its data folder, with the port of `listen`.
std::string OwnAddressOf(const ports::SiteSettings& settings);

// Nothing is kept of who serves: what answers is looked at, so that the next process goes on from
// wherever one has died. [any-thread]
class Serving {
 public:
  explicit Serving(Clock& clock) : clock_(clock) {}

  // Returns when `chosen` serves at the address with its settings and none of `others` runs. Where
  // another serves, `chosen` is started beside it at an address of its own first and asked for each
  // of `sites`; only then it takes part at the address, and the others are stopped and drain, which
  // the call waits for (`drain` and a few seconds, whatever the call says). A failure before that
  // point leaves the other serving and `chosen` stopped, and names what is wrong: what check or
  // start say, or "SiteServerUnavailable" with the site that is not answered as it lies on the
  // disk. Again is harmless, and reloads where settings have changed.
  Status Serve(const ports::Call& call, const NamedServer& chosen,
               const std::vector<NamedServer>& others, const std::vector<SiteName>& sites);

  // To be called every few seconds: whether the one that Serve has chosen last answers; where it
  // does not, it is started again, which does nothing to one that is only slow. Where that has not
  // helped three times in a row, it is ended and started anew, whatever the deadline of the call.
  // Ok while a Serve is under way, and before the first.
  Status Care(const ports::Call& call);

 private:
  struct State {
    std::optional<NamedServer> serving;
    bool swapping = false;
    int unwell = 0;  // looks in a row
  };
  ports::Call Step(const ports::Call& call) const;
  Status Begin(const ports::Call& call, const NamedServer& chosen, bool beside,
               const std::vector<SiteName>& sites);
  Status StartBeside(const ports::Call& call, const NamedServer& chosen,
                     const std::vector<SiteName>& sites);
  Status ProbeSites(const ports::Call& call, const NamedServer& chosen,
                    const std::vector<SiteName>& sites);
  Status LookAt(const ports::Call& call, const NamedServer& serving);
  bool Runs(const NamedServer& server) const;
  bool MustComeBeside(const ports::Call& call, const NamedServer& chosen,
                      const std::vector<NamedServer>& others) const;
  Status Stop(const NamedServer& server) const;

  Clock& clock_;
  Turns turns_;
  Guarded<State> state_;
};

}  // namespace ns::ssgen
