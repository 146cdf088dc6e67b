// Hosts and the plugins they load, as the database knows them.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"

namespace ns::model {

// "runtime-cmd" of "build-runtime-cmd": how applications name the build method of a plugin.
inline std::string BuildMethodOf(const std::string& plugin) {
  const std::string prefix = "build-";
  return plugin.starts_with(prefix) ? plugin.substr(prefix.size()) : plugin;
}

struct PluginState {
  std::string instance;  // name in the config
  std::string plugin;    // name of the library
  std::string kind;      // "ns.backend/1"; empty while unknown
  std::string version;
  bool required = false;
  bool healthy = false;
  std::string reason;         // stable code when not healthy
  std::string message;        // what and the remedy
  std::string config_schema;  // JSON Schema
  std::string app_schema{};   // of per-application settings, JSON Schema; empty: none
  friend bool operator==(const PluginState&, const PluginState&) = default;
};

struct Host {
  HostId id;
  std::string name;                // machine and process, for people
  std::vector<std::string> roles;  // "controller", "builder", "ssgen", "services"
  std::string link_address;        // "unix:/..." where the host answers, or empty
  std::vector<PluginState> plugins;
  int build_slots = 0;                     // builder: builds at once
  std::vector<std::string> build_methods;  // builder: those it has plugins for
  Time last_seen = kNever;                 // database's clock
  std::vector<std::string> figures{};      // for metrics: "loop_passes/repository-fetcher=12"
  friend bool operator==(const Host&, const Host&) = default;
};

}  // namespace ns::model
