// The server of static sites.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "ports/call.h"

namespace ns::ports {

// Where a server finds sites, and where it is found. Paths are absolute and of [A-Za-z0-9/._-].
struct SiteSettings {
  std::string root;              // holds sites/<app>/<release>, links to folders, and the markers
                                 // spa/<app>/<release>; anybody may read it
  std::string listen;            // "127.0.0.1:8080", which servers may share, or
                                 // "unix:<data>/run/x.sock" where it can; empty: `own` alone
  std::string data;              // exists; of this server alone
  Duration drain = Duration(0);  // of open requests of a replaced server; zero: 30 s
  std::string own = {};  // "127.1.2.3:8080": an address more, of this server alone, at which
                         // it is asked whether it is well; empty: `listen` is its own
  friend bool operator==(const SiteSettings&, const SiteSettings&) = default;
};

// One web server. It chooses a site by the headers X-Controller-App-Id and X-Controller-Release-Id
// alone, so that a site that comes or goes needs no call. Calls block; those with the same data
// folder come one at a time, but Render and Probe at any time. Reasons: "ConfigInvalid" with
// kInvalid, "PortTaken", "SiteServerUnavailable".
class SiteServer {
 public:
  virtual ~SiteServer() = default;
  // The text of the configuration: the same for the same settings.
  virtual Result<std::string> Render(const Call& call, const SiteSettings& settings) = 0;
  // Whether the server would take it; changes nothing in force.
  virtual Status Check(const Call& call, const SiteSettings& settings) = 0;
  // Starts the server or adopts the one that runs; ok once it answers with these settings.
  virtual Status Start(const Call& call, const SiteSettings& settings) = 0;
  // Other settings for the server that runs, without a failed request; another `listen` beside an
  // `own` starts it anew. After a failure the old ones are in force.
  virtual Status Reload(const Call& call, const SiteSettings& settings) = 0;
  // Accepts nothing more, lets open requests end for up to `drain`; where others share `listen`,
  // they answer what comes. Again is harmless.
  virtual Status Stop(const Call& call, const SiteSettings& settings) = 0;
  // Whether what was last put in force answers.
  virtual Status Probe(const Call& call, const SiteSettings& settings) = 0;
};

}  // namespace ns::ports
