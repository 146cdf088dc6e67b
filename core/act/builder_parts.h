// What builds are carried out with. Owns nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "ports/build.h"
#include "ports/build_desk.h"
#include "ports/git_remote.h"

namespace ns::act {

struct BuilderParts {
  ports::BuildDesk& desk;
  ports::GitRemote& git;
  std::map<std::string, ports::BuildMethod*> methods;  // by name: "runtime-dockerfile"
  std::vector<ports::BuildEngine*> engines;            // in order of preference
  std::string folder;                                  // sources are checked out below it
  Random& random;
  Clock& clock;
};

}  // namespace ns::act
