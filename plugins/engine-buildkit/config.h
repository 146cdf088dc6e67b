// The configuration of an instance.
#pragma once

#include <string>

#include "engine/config.h"

namespace ns::engine_buildkit {

// Memory, CPUs and processes are those of a whole build, all of its steps together.
struct Config : engine::Common {
  int64_t processes = 4096;               // threads count; 0: no limit
  std::string buildkitd, buildctl, runc;  // paths; empty: looked for
  bool bridge = true;                     // steps have a network of their own; else the machine's
  std::string subnet;                // of that network; empty: made from the data folder's name
  std::string cni = "/usr/lib/cni";  // folder of the programs that make it
};

// Throws NS_E_INVALID with reason ConfigInvalid.
Config ParseConfig(const std::string& json, const engine::Machine& machine);

}  // namespace ns::engine_buildkit
