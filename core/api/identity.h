// Who calls. The host authenticates, not the edge.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/identity_token.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "model/user.h"

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
  Secret secret;  // what such a proxy proves; empty: no header counts
  std::string token_header = "X-Neoshowcase-Identity";  // of signed identity tokens
  IdentityTokenRules token_rules;
  std::vector<std::string> admins;        // names
  std::vector<std::string> admin_groups;  // that signed identity tokens name; exact
  // Besides root, who is an admin on the Unix socket; of the groups their members too.
  std::vector<uint32_t> service_uids, service_gids;
  int token_days = 365;  // until an API token expires, at most; 0: no bound, it may never
};

// What a caller proved: a name, or that they hold a token.
struct Claim {
  std::string name{};  // as it is stored; empty: that of the token's user
  bool admin = false;  // by configuration or by the peer's credentials
  Secret token{};      // text of an API token, well formed and not looked up yet
  friend bool operator==(const Claim&, const Claim&) = default;
};

// kUnauthenticated with the reason; coming from loopback makes nobody a user. Users of the Unix
// socket are called "<account>@local", and a header cannot name one of those. An API token
// (`Authorization: Bearer nst_...`, RFC 6750 section 2.1) counts before everything else, on every
// way in, since its bearer asks for its rights alone; other credentials in that header are of
// whoever stands before, and not looked at. Then
// the peer's credentials, a signed identity token where keys for one are configured, and last the
// named header of a proxy; what was shown and does not hold is refused, and nothing else asked.
Result<Claim> Identify(const IdentitySettings& settings, const Peer& peer, Time now);

// Names of users compare case-insensitively (ASCII).
bool SameName(std::string_view a, std::string_view b);
// By the configuration.
bool ConfiguredAdmin(const IdentitySettings& settings, const std::string& name);
// Whether the user is an admin whatever they call with: by the configuration, by a grant, or as
// root of the machine, whom nobody else can claim to be.
bool AlwaysAdmin(const IdentitySettings& settings, const model::User& user);

}  // namespace ns::api
