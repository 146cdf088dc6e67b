// Users as requests name them.
#pragma once

#include <vector>

#include "api/method.h"
#include "google/protobuf/repeated_field.h"

namespace ns::api {

// `ids` of users, each once, as `field` of a request gives them for what has `before`. kInvalid for
// one that is no user's, and for too many.
Result<std::vector<UserId>> ReadUsers(const Context& context,
                                      const google::protobuf::RepeatedPtrField<std::string>& ids,
                                      const std::string& field, const std::vector<UserId>& before);

// As ReadUsers of the field "owner_ids" of a request. kInvalid for none at all as well.
Result<std::vector<UserId>> ReadOwners(const Context& context,
                                       const google::protobuf::RepeatedPtrField<std::string>& ids,
                                       const std::vector<UserId>& before);

// The one called `name`, whatever the case, as `field` of a request gives it. kInvalid, kNotFound.
Result<model::User> UserNamed(const Context& context, const std::string& field,
                              const std::string& name);

}  // namespace ns::api
