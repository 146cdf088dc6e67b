// What effects are carried out with. Owns nothing.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"
#include "ports/backend.h"
#include "ports/git_remote.h"
#include "ports/registry.h"
#include "ports/storage.h"
#include "ports/store.h"

namespace ns::act {

struct Parts {
  ports::Store store;
  ports::GitRemote& git;
  ports::Registry& registry;
  std::map<std::string, ports::Backend*> backends;  // by instance name
  Random& random;
  Clock& clock;
  // On whose behalf effects are carried out; kNobody: nothing is leased, everything is done.
  HostId host = ports::kNobody;
  // Whether the lease of `host` is surely alive, by this machine's own clock. Backends are not
  // changed while it is not.
  std::function<bool()> lease_alive = [] { return true; };
  ports::Storage* storage = nullptr;                      // of artifacts; null: there is none
  std::function<bool()> may_build = [] { return true; };  // false: builds are to begin later

  std::vector<std::string> BackendNames() const;
};

}  // namespace ns::act
