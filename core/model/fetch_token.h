// Who may fetch a repository that was pushed to the platform without being anybody: hosts of the
// platform, for a while.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"

namespace ns::model {

// The user name that goes with a token: "ns-fetch+NAME", where NAME is the repository.
std::string FetchUser(std::string_view name);
// That repository; nothing in any other user name.
std::optional<std::string> FetchedFor(std::string_view user);

// Good for that repository alone, until `until`; made of a key that every host with the database
// has.
std::string FetchToken(const Secret& key, std::string_view name, Time until);
bool IsFetchToken(const Secret& key, std::string_view name, std::string_view token, Time now);

}  // namespace ns::model
