#include "plugin/text.h"

#include <algorithm>

#include "model/utf8.h"

namespace ns::plugin {
namespace {

// Bytes of the character that begins there; 1 where none does.
size_t LengthAt(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return std::min(length, text.size());
}

}  // namespace

std::string CleanText(std::string_view text, size_t most) {
  text = text.substr(0, most);
  if (model::IsUtf8(text) && text.find('\0') == std::string_view::npos) return std::string(text);
  std::string clean;
  while (!text.empty()) {
    const std::string_view character = text.substr(0, LengthAt(text));
    const bool good = model::IsUtf8(character) && character[0] != '\0';
    clean += good ? character : "?";
    text.remove_prefix(good ? character.size() : 1);
  }
  return clean;
}

}  // namespace ns::plugin
