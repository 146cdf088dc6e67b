#include "rpc/utf8.h"

#include <cstdint>

namespace ns::gateway::rpc {
namespace {

struct Lead {
  size_t size;        // of the whole character; 0: none begins so
  uint32_t smallest;  // code point that needs that many bytes
  uint32_t bits;
};

Lead LeadOf(uint8_t byte) {
  if (byte < 0x80) return {1, 0, byte};
  if (byte >> 5 == 6) return {2, 0x80, byte & 0x1fu};
  if (byte >> 4 == 14) return {3, 0x800, byte & 0x0fu};
  if (byte >> 3 == 30) return {4, 0x10000, byte & 0x07u};
  return {0, 0, 0};
}

// Bytes of the character at the beginning of `text`; 0: malformed.
size_t CharacterAt(std::string_view text) {
  const Lead lead = LeadOf(static_cast<uint8_t>(text[0]));
  if (lead.size == 0 || lead.size > text.size()) return 0;
  uint32_t code = lead.bits;
  for (size_t i = 1; i < lead.size; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte >> 6 != 2) return 0;
    code = code << 6 | (byte & 0x3fu);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < lead.smallest || code > 0x10ffff || surrogate ? 0 : lead.size;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t size = CharacterAt(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string MadeUtf8(std::string_view text) {
  std::string made;
  while (!text.empty()) {
    const size_t size = CharacterAt(text);
    made += size == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return made;
}

}  // namespace ns::gateway::rpc
