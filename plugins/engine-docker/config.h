// The configuration of an instance.
#pragma once

#include <string>

#include "engine/config.h"

namespace ns::engine_docker {

// Memory, CPUs and processes are those of a whole build; a `cache` of 0 is dockerd's own rule.
struct Config : engine::Common {
  std::string socket = "/var/run/docker.sock";
  std::string binary;  // path of docker; empty: /usr/bin/docker, else the one on the PATH
  std::string cgroup_parent = "docker";         // what dockerd's --cgroup-parent is
  int64_t pids = 4096;                          // threads count; by buildpacks of each phase
  int64_t buildpack_cache = int64_t{10} << 30;  // bytes that buildpacks keep, of all; 0: nothing
};

// Throws NS_E_INVALID with reason ConfigInvalid.
Config ParseConfig(const std::string& json, const engine::Machine& machine);

}  // namespace ns::engine_docker
