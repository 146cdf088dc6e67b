// The configuration of an instance.
#pragma once

#include <cstdint>
#include <string>

namespace ns::backend_docker {

struct TraefikConfig {
  bool labels = false;  // routes in container labels instead of files
  std::string http = ":80", https;
  std::string api = "127.0.0.1:0";
  std::string binary;  // empty: the one on the PATH
  std::string auth_soft, auth_hard;
};

struct Config {
  std::string socket = "/var/run/docker.sock";
  std::string networks = "10.213.0.0/16";
  int network_bits = 28;
  int64_t memory = 0, cpu_millis = 0, pids = 512;
  TraefikConfig traefik;
};

// Throws NS_E_INVALID with reason ConfigInvalid.
Config ParseConfig(const std::string& json);

}  // namespace ns::backend_docker
