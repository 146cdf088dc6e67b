// Accounts and groups of this machine, as its own databases of them say (getent). Each call reads
// them anew. [any-thread]
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ns::api {

struct Account {
  std::string name;               // "uid-4242" of one that is not among them
  std::optional<uint32_t> group;  // its primary one; none where it is not among them
};
Account AccountOf(uint32_t uid);

// Whether the group is the account's primary one, or lists it as a member.
bool IsMember(const Account& account, uint32_t gid);

}  // namespace ns::api
