// The configuration of an instance.
#pragma once

#include <string>

#include "engine/config.h"

namespace ns::engine_buildah {

// Memory, CPUs and processes are those of a whole build, all of its steps together;
// disk is that of its base images, layers and temp files.
struct Config : engine::Common {
  int64_t processes = 4096;                // threads count; 0: no limit
  std::string binary;                      // path of buildah; empty: looked for
  std::string memory_folder = "/dev/shm";  // on a tmpfs: where what holds secrets is kept
  bool chroot = false;  // steps are isolated by a change of root alone, else by an OCI runtime

  // Whether a cgroup is needed to hold what it says.
  bool Limited() const { return memory > 0 || cpu_millis > 0 || processes > 0; }
};

// Throws NS_E_INVALID with reason ConfigInvalid.
Config ParseConfig(const std::string& json, const engine::Machine& machine);

}  // namespace ns::engine_buildah
