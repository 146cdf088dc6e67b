#include "api/owners.h"

#include <algorithm>
#include <set>

#include "api/problem.h"
#include "model/list_limits.h"
#include "model/validate.h"

namespace ns::api {

Result<std::vector<UserId>> ReadUsers(const Context& context,
                                      const google::protobuf::RepeatedPtrField<std::string>& ids,
                                      const std::string& field, const std::vector<UserId>& before) {
  model::Violations violations;
  model::CheckCount(field, static_cast<size_t>(ids.size()), model::kMostOwners, before.size(),
                    violations);
  NS_TRY(CheckNone(violations));
  std::vector<UserId> users;
  std::set<std::string_view> read;
  for (int i = 0; i < ids.size(); ++i) {
    const std::string& id = ids[i];
    if (!read.insert(id).second) continue;
    const auto user =
        IsId(id) ? context.store().users.Get(UserId(id)) : Result<model::User>(NotFound(""));
    if (user.status().code() == Code::kNotFound) {
      return InvalidField(field + "[" + std::to_string(i) + "]",
                          "must be the id of a user, got " + model::Quoted(id));
    }
    if (!user.ok()) return user.status();
    users.push_back(user->id);
  }
  return users;
}

Result<std::vector<UserId>> ReadOwners(const Context& context,
                                       const google::protobuf::RepeatedPtrField<std::string>& ids,
                                       const std::vector<UserId>& before) {
  NS_ASSIGN(auto owners, ReadUsers(context, ids, "owner_ids.owner_ids", before));
  if (owners.empty()) return InvalidField("owner_ids", "must name at least one owner");
  return owners;
}

Result<model::User> UserNamed(const Context& context, const std::string& field,
                              const std::string& name) {
  model::Violations violations;
  model::CheckName(field, name, violations);
  NS_TRY(CheckNone(violations));
  NS_ASSIGN(const auto users, context.store().users.List());
  const auto user = std::find_if(users.begin(), users.end(),
                                 [&](const model::User& one) { return SameName(one.name, name); });
  if (user != users.end()) return *user;
  return Refuse(Code::kNotFound, "NotFound",
                {{field, "must be that of a user, got " + model::Quoted(name)}});
}

}  // namespace ns::api
