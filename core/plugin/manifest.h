// What a plugin says of itself before any of its code runs: <name>.nsplugin.json, equal to ELF
// section .ns_manifest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace ns::plugin {

struct Manifest {
  std::string id;       // "com.example.docker"
  std::string name;     // for people
  std::string version;  // of the plugin
  std::string licence;
  uint32_t abi_major = 0, abi_minor = 0, abi_needs_minor = 0;
  std::vector<std::string> kinds;         // "ns.backend/1"
  std::vector<std::string> interfaces;    // all it offers
  std::string config_schema, app_schema;  // JSON Schemas, or empty
  std::string Abi() const { return std::to_string(abi_major) + "." + std::to_string(abi_minor); }
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

// kInvalid names the key and the rule. Unknown keys are allowed.
Result<Manifest> ParseManifest(std::string_view text);

}  // namespace ns::plugin
