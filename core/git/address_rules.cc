#include "git/address_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace ns::git {
namespace {

// Sixteen bytes; IPv4 as ::ffff:a.b.c.d.
using Bytes = std::array<uint8_t, 16>;
constexpr int kMapped = 96;

struct Range {
  Bytes base{};
  int bits = 0;
  bool Holds(const Bytes& address) const {
    for (int i = 0; i < bits; ++i) {
      const int mask = 0x80 >> (i % 8);
      if ((base[i / 8] & mask) != (address[i / 8] & mask)) return false;
    }
    return true;
  }
};

Bytes FromV4(const uint8_t* four) {
  Bytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes.data() + 12, four, 4);
  return bytes;
}

std::optional<Bytes> ParseIp(const std::string& text) {
  Bytes bytes{};
  uint8_t four[4];
  if (::inet_pton(AF_INET, text.c_str(), four) == 1) return FromV4(four);
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  return std::nullopt;
}

// "10.0.0.0/8", "::1".
std::optional<Range> ParseRange(const std::string& text) {
  const size_t slash = text.find('/');
  const auto base = ParseIp(text.substr(0, slash));
  if (!base) return std::nullopt;
  const int shift = text.find(':') == std::string::npos ? kMapped : 0;
  int bits = 128 - shift;
  if (slash != std::string::npos)
    std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
  if (bits < 0 || bits > 128 - shift) return std::nullopt;
  return Range{*base, bits + shift};
}

Bytes BytesOf(const supervise::SocketAddress& address) {
  if (address.family() == AF_INET) {
    return FromV4(reinterpret_cast<const uint8_t*>(
        &reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_addr));
  }
  Bytes bytes{};
  if (address.family() == AF_INET6)
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_addr,
                16);
  return bytes;
}

bool InAny(const Bytes& address, std::initializer_list<const char*> ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const char* text) { return ParseRange(text)->Holds(address); });
}

bool IsGlobalV4(const Bytes& address) {
  return !InAny(address, {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
                          "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
                          "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
                          "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"});
}

// 2000::/3 is what is given out; within it Teredo, 6to4 and others carry or stand for something
// else.
bool IsGlobalV6(const Bytes& address) {
  return InAny(address, {"2000::/3"}) &&
         !InAny(address, {"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"});
}

}  // namespace

bool IsGlobal(const supervise::SocketAddress& address) {
  const Bytes bytes = BytesOf(address);
  return InAny(bytes, {"::ffff:0:0/96"}) ? IsGlobalV4(bytes) : IsGlobalV6(bytes);
}

bool AddressRules::Allows(const std::string& host, const supervise::SocketAddress& address) const {
  if (IsGlobal(address)) return true;
  const Bytes bytes = BytesOf(address);
  return std::any_of(listed_.begin(), listed_.end(), [&](const std::string& listed) {
    const auto range = ParseRange(listed);
    return range ? range->Holds(bytes) : listed == host;
  });
}

}  // namespace ns::git
