// The configuration of an instance.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ns::engine_docker {

struct Config {
  std::string socket = "/var/run/docker.sock";
  std::string binary;   // path of docker; empty: /usr/bin/docker, else the one on the PATH
  int concurrency = 1;  // builds at once; more wait
  std::chrono::seconds timeout{30 * 60};  // of one build
  int64_t memory = 0;                     // bytes for each step of a build; 0: none
  int64_t cpu_millis = 0;                 // thousandths of a CPU for each step; 0: none
  int64_t cache = 0;                      // bytes of layer cache to keep; 0: dockerd's own rule
  int64_t pids = 4096;                    // processes of each phase of a build by buildpacks
  int64_t buildpack_cache = int64_t{10} << 30;  // bytes that buildpacks keep, of all; 0: nothing
  std::string cgroup_parent = "docker";         // what dockerd's --cgroup-parent is
};

struct Machine {
  int64_t memory = 0;  // bytes
  int cpus = 1;
};
Machine ThisMachine();

// Sizes are numbers of bytes or texts like "256M", times numbers of seconds or texts like "20s",
// "30m", "1h". Memory and CPUs may also be a share of the machine: "50%". Limits that are not set
// are half of `machine`. Throws NS_E_INVALID with reason ConfigInvalid.
Config ParseConfig(const std::string& json, const Machine& machine);

}  // namespace ns::engine_docker
