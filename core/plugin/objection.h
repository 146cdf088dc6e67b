// Why a file is not loaded, before it has a name in a refusal.
#pragma once

#include <string>

namespace ns::plugin {

struct Objection {
  std::string reason;  // stable code: "PluginUnsafe"
  std::string what;    // one sentence
  std::string remedy;  // one sentence
  friend bool operator==(const Objection&, const Objection&) = default;
};

}  // namespace ns::plugin
