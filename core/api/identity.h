// Who calls. The host authenticates, not the edge.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "base/status.h"

namespace ns::api {

// What the transport knows of the peer.
struct Peer {
  bool has_credentials = false;  // uid and gid come from the kernel (Unix socket)
  uint32_t uid = 0, gid = 0;
  std::string address;  // "127.0.0.1" of a TCP peer; empty for a Unix socket
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
};

struct IdentitySettings {
  std::string header;  // that names the user, e.g. "X-Forwarded-User"; empty: none does
  std::vector<std::string> proxies;  // addresses that may send it
  std::string secret_header = "X-Neoshowcase-Secret";
  Secret secret;                    // what such a proxy proves; empty: no header counts
  std::vector<std::string> admins;  // names
  std::vector<uint32_t> service_uids, service_gids;  // besides root: admins on the Unix socket
};

// A name that was proved.
struct Claim {
  std::string name;    // as it is stored
  bool admin = false;  // by configuration or by the peer's credentials
  friend bool operator==(const Claim&, const Claim&) = default;
};

// kUnauthenticated with the reason; coming from loopback makes nobody a user. Users of the Unix
// socket are called "<account>@local", and a header cannot name one of those.
Result<Claim> Identify(const IdentitySettings& settings, const Peer& peer);

}  // namespace ns::api
