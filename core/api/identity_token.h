// The signed identity token with which an edge that has authenticated a person tells who it is.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace ns::api {

// An Ed25519 public key of an edge; several while one takes another's place.
struct IdentityKey {
  std::string id;          // the token's `kid`
  std::string public_key;  // 32 bytes
  friend bool operator==(const IdentityKey&, const IdentityKey&) = default;
};

struct IdentityTokenRules {
  std::vector<IdentityKey> keys;  // empty: no token counts
  std::string audience;           // that the token's `aud` must name
};

struct IdentityClaims {
  std::string name;
  std::vector<std::string> groups;
};

// How far an edge's clock may be off.
inline constexpr Duration kIdentitySkew = std::chrono::seconds(5);
// For how long a token may be good.
inline constexpr Duration kIdentityLife = std::chrono::seconds(60);

// Verifies a compact JWS (RFC 7515 section 7.1) of at most 4 KiB: `alg` EdDSA over Ed25519 (RFC
// 8037), `kid` one of the keys; a header with anything but `alg`, `kid` and `typ` is refused.
// Claims (RFC 7519): `name`; `aud`, a string or a list, with the audience; `host`, that of the
// request whatever its case; `iat` and `exp`, at most kIdentityLife apart; `nbf` and `groups` (a
// list) where given; others are passed over. kUnauthenticated with a sentence that tells nothing of
// the token but what is wrong.
Result<IdentityClaims> VerifyIdentityToken(const IdentityTokenRules& rules, std::string_view token,
                                           std::string_view host, Time now);

}  // namespace ns::api
