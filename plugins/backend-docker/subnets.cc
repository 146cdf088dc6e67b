#include "subnets.h"

#include <arpa/inet.h>

#include <charconv>

namespace ns::backend_docker {
namespace {

uint32_t Mask(int bits) { return bits == 0 ? 0 : ~0u << (32 - bits); }

}  // namespace

bool Subnet::Overlaps(const Subnet& other) const {
  const uint32_t mask = Mask(bits < other.bits ? bits : other.bits);
  return (base & mask) == (other.base & mask);
}

std::optional<uint32_t> ParseAddress(const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::optional<Subnet> ParseSubnet(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto base = ParseAddress(text.substr(0, slash));
  int bits = -1;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
  if (!base || error != std::errc() || stop != end || bits < 1 || bits > 32 ||
      (*base & ~Mask(bits)) != 0)
    return std::nullopt;
  return Subnet{*base, bits};
}

std::string ToText(uint32_t address) {
  const in_addr raw{htonl(address)};
  char text[INET_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET, &raw, text, sizeof(text));
  return text;
}

std::string ToText(const Subnet& subnet) {
  return ToText(subnet.base) + "/" + std::to_string(subnet.bits);
}

std::optional<Subnet> FreeSubnet(const Subnet& range, int bits, const std::vector<Subnet>& taken) {
  if (bits < range.bits || bits > 30) return std::nullopt;
  const uint64_t count = 1ull << (bits - range.bits);
  for (uint64_t i = 0; i < count; ++i) {
    const Subnet candidate{range.base + static_cast<uint32_t>(i << (32 - bits)), bits};
    bool free = true;
    for (const Subnet& other : taken) free = free && !candidate.Overlaps(other);
    if (free) return candidate;
  }
  return std::nullopt;
}

std::optional<uint32_t> FreeAddress(const Subnet& subnet, const std::set<uint32_t>& taken) {
  if (subnet.size() < 4) return std::nullopt;
  const uint32_t first = subnet.base + 2, last = subnet.base + subnet.size() - 2;
  const uint32_t count = last - first + 1;
  uint32_t start = first;
  if (!taken.empty() && *taken.rbegin() >= first && *taken.rbegin() < last)
    start = *taken.rbegin() + 1;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t candidate = first + (start - first + i) % count;
    if (!taken.contains(candidate)) return candidate;
  }
  return std::nullopt;
}

}  // namespace ns::backend_docker
