// The configuration of an instance.
#pragma once

#include <string>

#include "engine/config.h"

namespace ns::engine_buildah {

// Memory, CPUs and processes are those of a whole build, all of its steps together.
struct Config : engine::Common {
  int64_t processes = 4096;                // threads count; 0: no limit
  std::string binary;                      // path of buildah; empty: looked for
  std::string memory_folder = "/dev/shm";  // on a tmpfs: where what holds secrets is kept
  bool chroot = false;  // steps are isolated by a change of root alone, else by an OCI runtime
};

// Throws NS_E_INVALID with reason ConfigInvalid.
Config ParseConfig(const std::string& json, const engine::Machine& machine);

}  // namespace ns::engine_buildah
