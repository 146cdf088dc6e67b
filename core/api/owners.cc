#include "api/owners.h"

#include <algorithm>

#include "api/problem.h"

namespace ns::api {

Result<std::vector<UserId>> ReadUsers(const Context& context,
                                      const google::protobuf::RepeatedPtrField<std::string>& ids,
                                      const std::string& field) {
  std::vector<UserId> users;
  for (int i = 0; i < ids.size(); ++i) {
    const std::string& id = ids[i];
    const auto user =
        IsId(id) ? context.store().users.Get(UserId(id)) : Result<model::User>(NotFound(""));
    if (user.status().code() == Code::kNotFound) {
      return InvalidField(field + "[" + std::to_string(i) + "]",
                          "must be the id of a user, got " + model::Quoted(id));
    }
    if (!user.ok()) return user.status();
    if (std::find(users.begin(), users.end(), user->id) == users.end()) users.push_back(user->id);
  }
  return users;
}

Result<std::vector<UserId>> ReadOwners(const Context& context,
                                       const google::protobuf::RepeatedPtrField<std::string>& ids) {
  NS_ASSIGN(auto owners, ReadUsers(context, ids, "owner_ids.owner_ids"));
  if (owners.empty()) return InvalidField("owner_ids", "must name at least one owner");
  return owners;
}

}  // namespace ns::api
