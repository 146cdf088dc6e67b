// What effects are carried out with. Owns nothing.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"
#include "ports/backend.h"
#include "ports/git_remote.h"
#include "ports/registry.h"
#include "ports/store.h"

namespace ns::act {

struct Parts {
  ports::Store store;
  ports::GitRemote& git;
  ports::Registry& registry;
  std::map<std::string, ports::Backend*> backends;  // by instance name
  Random& random;
  Clock& clock;
};

}  // namespace ns::act
