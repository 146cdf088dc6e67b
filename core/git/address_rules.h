// Which addresses a repository may be fetched from.
#pragma once

#include <string>
#include <vector>

#include "supervise/address.h"

namespace ns::git {

// Whether an address is reachable from the whole Internet: none of the private, loopback,
// link-local, shared, documentation, benchmark, multicast and reserved ranges (IANA special-purpose
// registries), also where IPv6 carries an IPv4 address.
bool IsGlobal(const supervise::SocketAddress& address);

class AddressRules {
 public:
  // `listed`: host names, addresses and CIDR ranges that may be used though they are not global.
  explicit AddressRules(std::vector<std::string> listed) : listed_(std::move(listed)) {}
  // `host` as the URL named it, `address` as it resolved.
  bool Allows(const std::string& host, const supervise::SocketAddress& address) const;

 private:
  std::vector<std::string> listed_;
};

}  // namespace ns::git
