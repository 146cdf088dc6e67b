// Base64 as Connect needs it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ns::gateway::rpc {

// The standard alphabet without padding.
std::string Base64(std::string_view bytes);
// Either alphabet, with or without padding. nullopt: malformed.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace ns::gateway::rpc
