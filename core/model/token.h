#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"

namespace ns::model {

// What a token lets its bearer do, each with all that is before it: look, deploy what is there,
// everything that its user may.
enum class TokenScope { kRead = 1, kDeploy = 2, kAdmin = 3 };

// An API token without its text, of which a hash alone is kept.
struct Token {
  TokenId id;
  UserId user;
  TokenId parent;  // the token it was made with, with which it ends; empty: none
  std::string name;
  TokenScope scope = TokenScope::kRead;
  bool limited = false;     // to `apps`
  std::vector<AppId> apps;  // where limited; may name some that are gone
  Time created = kNever;
  Time expires = kNever;    // kNever: it does not
  Time last_used = kNever;  // within a minute; kNever: not yet
  friend bool operator==(const Token&, const Token&) = default;

  bool Covers(const AppId& app) const {
    return !limited || std::find(apps.begin(), apps.end(), app) != apps.end();
  }
};

// A public key that a user logs in with.
struct UserKey {
  KeyId id;
  UserId user;
  std::string name;
  std::string public_line;  // type and base64, no comment
  Time created = kNever;
  friend bool operator==(const UserKey&, const UserKey&) = default;
};

// A user whom `ns admin add` made an admin.
struct AdminGrant {
  UserId user;
  std::string user_name;
  std::string granted_by;  // name
  Time granted_at = kNever;
  friend bool operator==(const AdminGrant&, const AdminGrant&) = default;
};

}  // namespace ns::model
