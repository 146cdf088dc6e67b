// Which addresses applications get. IPv4, pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ns::backend_docker {

struct Subnet {
  uint32_t base = 0;  // host byte order
  int bits = 0;       // prefix length
  uint32_t size() const { return bits == 0 ? 0 : 1u << (32 - bits); }
  bool Overlaps(const Subnet& other) const;
  friend bool operator==(const Subnet&, const Subnet&) = default;
};

// "10.213.0.0/16"; nullopt: no IPv4 range, or bits set beyond the prefix.
std::optional<Subnet> ParseSubnet(const std::string& text);
std::optional<uint32_t> ParseAddress(const std::string& text);
std::string ToText(const Subnet& subnet);
std::string ToText(uint32_t address);

// The first part of `range` with that prefix length that overlaps none of `taken`; nullopt: all are
// taken.
std::optional<Subnet> FreeSubnet(const Subnet& range, int bits, const std::vector<Subnet>& taken);

// An address for one more container: not the gateway (the first), not in `taken`, and rather one
// above the highest taken, so that one that was just given up is not used again at once.
std::optional<uint32_t> FreeAddress(const Subnet& subnet, const std::set<uint32_t>& taken);

}  // namespace ns::backend_docker
