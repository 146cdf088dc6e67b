#pragma once

#include <string>
#include <string_view>

namespace ns {

// `text` with a to z for A to Z; other bytes as they are, whatever the locale.
inline std::string Lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace ns
