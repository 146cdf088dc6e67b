#include "model/utf8.h"

#include <cstdint>

namespace ns::model {
namespace {

// Bytes of the sequence that `lead` opens, with the least code point it may stand for; 0 for none.
struct Lead {
  int bytes;
  uint32_t bits, least;
};
Lead ReadLead(unsigned char lead) {
  if (lead < 0x80) return {1, lead, 0};
  if (lead >= 0xc2 && lead < 0xe0) return {2, lead & 0x1fu, 0x80};
  if (lead >= 0xe0 && lead < 0xf0) return {3, lead & 0x0fu, 0x800};
  if (lead >= 0xf0 && lead < 0xf5) return {4, lead & 0x07u, 0x10000};
  return {0, 0, 0};
}

bool IsScalar(uint64_t point) { return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff); }

}  // namespace

bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Lead lead = ReadLead(static_cast<unsigned char>(text[at]));
    if (lead.bytes == 0 || at + static_cast<size_t>(lead.bytes) > text.size()) return false;
    uint32_t point = lead.bits;
    for (int i = 1; i < lead.bytes; ++i) {
      const auto next = static_cast<unsigned char>(text[at + static_cast<size_t>(i)]);
      if ((next & 0xc0) != 0x80) return false;
      point = (point << 6) | (next & 0x3fu);
    }
    if (point < lead.least || !IsScalar(point)) return false;
    at += static_cast<size_t>(lead.bytes);
  }
  return true;
}

size_t CountCharacters(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

}  // namespace ns::model
