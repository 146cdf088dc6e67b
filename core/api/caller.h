// Who calls, as the installation knows them.
#pragma once

#include <optional>

#include "api/identity.h"
#include "model/token.h"
#include "model/user.h"
#include "ports/store.h"

namespace ns::api {

struct Caller {
  model::User user;  // `admin`: here and now; of a token only where its scope is admin
  std::optional<model::Token> token;  // that they came with
};

// The user whom `claim` names, made when unknown, or whose token it holds; notes that the token was
// used. Asked again, it says whether the claim still holds as far as the installation knows.
// kUnauthenticated: the token is unknown, revoked or expired.
Result<Caller> Recognise(const ports::Store& store, const IdentitySettings& settings,
                         const Claim& claim);

}  // namespace ns::api
