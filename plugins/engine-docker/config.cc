#include "config.h"

namespace ns::engine_docker {

Config ParseConfig(const std::string& json, const engine::Machine& machine) {
  const engine::ConfigText text(json, "engine-docker");
  Config config;
  static_cast<engine::Common&>(config) = text.Limits(machine);
  config.socket = text.Text("socket", config.socket);
  config.binary = text.Text("binary", config.binary);
  config.cgroup_parent = text.Text("cgroup_parent", config.cgroup_parent);
  config.pids = text.Count("pids", config.pids);
  config.buildpack_cache = text.Size("buildpack_cache", config.buildpack_cache);
  return config;
}

}  // namespace ns::engine_docker
