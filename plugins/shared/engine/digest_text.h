// Digests as engines and registries write them.
#pragma once

#include <string_view>

namespace ns::engine {

// "sha256:" and 64 hexadecimal digits.
inline bool IsSha256(std::string_view text) {
  return text.size() == 71 && text.starts_with("sha256:") &&
         text.find_first_not_of("0123456789abcdef", 7) == std::string_view::npos;
}

}  // namespace ns::engine
