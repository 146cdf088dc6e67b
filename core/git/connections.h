// Every connection of the child: names are resolved once, addresses checked, and the checked
// address is the one connected to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "git/address_rules.h"
#include "supervise/address.h"

namespace ns::git {

class Connections {
 public:
  explicit Connections(AddressRules rules) : rules_(std::move(rules)) {}

  // From now on only `host`:`port` may be connected to, so that credentials go nowhere else.
  void Pin(const std::string& host, const std::string& port) { pinned_ = host + ":" + port; }
  // "AddressRefused" when `host` may not be fetched from at this address.
  Status Check(const std::string& host, const supervise::SocketAddress& address) const;
  // Allowed addresses of a host, IPv4 and IPv6. "AddressRefused", "RemoteUnreachable".
  Result<std::vector<supervise::SocketAddress>> Resolve(const std::string& host,
                                                        const std::string& port);
  // A connected, blocking stream to the first allowed address that accepts.
  Result<supervise::Fd> Open(const std::string& host, const std::string& port);
  // What stood in the way of the last Open.
  const std::optional<Status>& problem() const { return problem_; }

 private:
  AddressRules rules_;
  std::string pinned_;
  std::optional<Status> problem_;
};

// Makes libgit2 open its HTTP and HTTPS streams through `connections`, which must outlive its use
// of them. Once in a process.
Status UseForHttp(Connections& connections);

}  // namespace ns::git
