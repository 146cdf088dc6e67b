#include "form/canonical_host.h"

#include <idn2.h>

#include <algorithm>
#include <cstdint>

#include "text.h"

namespace ns::cli::form {
namespace {

constexpr size_t kLongest = 1024;  // no more than 253 in its one spelling

bool IsPlain(char c) { return c != '\0' && static_cast<unsigned char>(c) < 0x80; }

}  // namespace

std::string CanonicalHost(const std::string& host) {
  const bool has_nul = host.find('\0') != std::string::npos;
  if (std::ranges::all_of(host, IsPlain) || has_nul || host.size() > kLongest) return Lowered(host);
  uint8_t* found = nullptr;
  if (idn2_lookup_u8(reinterpret_cast<const uint8_t*>(host.c_str()), &found,
                     IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
    return Lowered(host);
  std::string out(reinterpret_cast<const char*>(found));
  idn2_free(found);
  return out;
}

}  // namespace ns::cli::form
