#include "model/idna.h"

#include <idn2.h>

#include <algorithm>
#include <cstdint>

namespace ns::model {

bool IsAscii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

Result<std::string> ToAscii(std::string_view host) {
  const std::string text(host.substr(0, host.find('\0')));
  if (text.size() != host.size()) return Invalid("it holds a NUL character");
  uint8_t* found = nullptr;
  const int code = idn2_lookup_u8(reinterpret_cast<const uint8_t*>(text.c_str()), &found,
                                  IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (code != IDN2_OK) return Invalid(idn2_strerror(code));
  std::string out(reinterpret_cast<const char*>(found));
  idn2_free(found);
  return out;
}

}  // namespace ns::model
