#pragma once

#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "base/secret.h"

namespace ns::model {

struct User {
  UserId id;
  std::string name;  // unique, compared case-insensitively
  bool admin = false;
  bool granted = false;  // made an admin by `ns admin add`
  friend bool operator==(const User&, const User&) = default;
};

// A key pair made for the next repository registration.
struct SshKey {
  KeyId id;
  UserId user;
  std::string public_line;
  Secret private_pem;
  Time expires = kNever;
  friend bool operator==(const SshKey&, const SshKey&) = default;
};

}  // namespace ns::model
