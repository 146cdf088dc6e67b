// What build methods take as the reference of an image.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace ns::build {

inline constexpr size_t kLongestReference = 512;  // bytes

// Keeps everything out of it that a Dockerfile, or a command line, would read as more than a name.
inline bool IsImageReference(const std::string& text) {
  return text.size() <= kLongestReference && !text.starts_with('-') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("._-/:@[]").find(c) != std::string_view::npos;
         });
}

}  // namespace ns::build
