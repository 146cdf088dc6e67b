// The role `ssgen`: static sites on this machine's disk, and the server that gives them out.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "ports/store.h"
#include "ssgen/serving.h"
#include "ssgen/site_files.h"
#include "ssgen/site_keeper.h"

namespace ns::ssgen {

struct RoleParts {
  ports::Store store;
  ports::Storage& storage;
  HostId host;
  std::string host_name;  // for people
  Random& random;
  Clock& clock;
  // Ends the servers on this machine that are none of those given and serve at the address all the
  // same. Called once the chosen one serves.
  std::function<Status()> end_strays;
};

class SiteRole {
 public:
  // `servers`: all that are configured here, with one root, address and drain. `chosen`: the name
  // of one of them. What the parts and servers refer to must outlive the role. kUnavailable: the
  // folders cannot be made.
  static Result<std::unique_ptr<SiteRole>> Start(RoleParts parts, std::vector<NamedServer> servers,
                                                 std::string chosen);
  ~SiteRole();

  // Another server takes over, without a failed request; where it cannot, the one before goes on
  // and it is tried again. kNotFound: no server is called so. [any-thread]
  Status Choose(const std::string& name);
  // Whether that site is given out at the address as it lies on the disk, by whichever server is
  // there: it need not be the chosen one, while that one comes or cannot come. [any-thread]
  Status Serves(const SiteName& site) const;
  // [any-thread]
  void Hinted(const ports::Hint& hint) { keeper_->Hinted(hint); }
  void Relist() { keeper_->Relist(); }

 private:
  SiteRole(RoleParts parts, std::vector<NamedServer> servers, std::string chosen);
  void Run(const std::stop_token& stop);
  // One look; how it is.
  Status Look(const std::stop_token& stop);
  Status Swap(const std::stop_token& stop, const std::string& name);

  const RoleParts parts_;
  const std::vector<NamedServer> servers_;
  SiteFiles files_;
  Serving serving_;
  Guarded<std::string> chosen_;
  std::string served_;  // last; of the thread
  Guarded<Status> state_;
  std::optional<SiteKeeper> keeper_;
  std::jthread thread_;
};

}  // namespace ns::ssgen
