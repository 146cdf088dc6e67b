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

// RFC 3492, section 6.1.
uint64_t Adapt(uint64_t delta, uint64_t points, bool first) {
  delta = first ? delta / 700 : delta / 2;
  delta += delta / points;
  uint64_t k = 0;
  for (; delta > 455; k += 36) delta /= 35;
  return k + 36 * delta / (delta + 38);
}

int Digit(char c) {
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= '0' && c <= '9') return c - '0' + 26;
  return -1;
}

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

bool IsPunycode(std::string_view text) {
  const size_t dash = text.rfind('-');
  uint64_t points = dash == std::string_view::npos ? 0 : dash;
  if (dash != std::string_view::npos) text.remove_prefix(dash + 1);
  if (text.empty()) return false;
  uint64_t point = 128, index = 0, bias = 72;
  for (bool first = true; !text.empty(); first = false) {
    const uint64_t before = index;
    for (uint64_t weight = 1, k = 36;; k += 36) {
      if (text.empty()) return false;
      const int digit = Digit(text.front());
      text.remove_prefix(1);
      if (digit < 0) return false;
      index += static_cast<uint64_t>(digit) * weight;
      if (index > 0x7fffffff) return false;
      const uint64_t threshold = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
      if (static_cast<uint64_t>(digit) < threshold) break;
      weight *= 36 - threshold;
      if (weight > 0x7fffffff) return false;
    }
    ++points;
    bias = Adapt(index - before, points, first);
    point += index / points;
    index = index % points + 1;
    if (!IsScalar(point)) return false;
  }
  return true;
}

}  // namespace ns::model
