// What a user owns.
#pragma once

#include <set>
#include <string>

#include "api/method.h"

namespace ns::api {

// Ids of applications and repositories. Of an admin all.
Result<std::set<std::string>> OwnedIds(const Context& context, const model::User& user);

}  // namespace ns::api
