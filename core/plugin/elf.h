// What a library says of itself without running.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace ns::plugin {

struct ElfFacts {
  std::optional<std::string> manifest;  // bytes of section .ns_manifest
  std::vector<std::string> entries;     // defined symbols "ns_plugin_entry_v<N>", sorted
  friend bool operator==(const ElfFacts&, const ElfFacts&) = default;
};

// Reads a 64-bit little-endian shared library; `file` may be hostile. kInvalid says what is wrong
// with it.
Result<ElfFacts> ReadElf(std::string_view file);

}  // namespace ns::plugin
