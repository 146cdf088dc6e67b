// Users, and the public keys that they log in with.
#include "api/convert.h"
#include "api/method.h"
#include "api/problem.h"
#include "google/protobuf/empty.pb.h"
#include "model/authorized_key.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;

pb::UserKey Show(const model::UserKey& key) {
  pb::UserKey out;
  out.set_id(key.id.str());
  out.set_user_id(key.user.str());
  out.set_public_key(key.public_line);
  out.set_name(key.name);
  *out.mutable_created_at() = ToProto(key.created);
  return out;
}

Result<pb::GetUsersResponse> GetUsers(const Context& context, const Request& request,
                                      const Empty&) {
  NS_ASSIGN(const auto users, context.store().users.List());
  pb::GetUsersResponse out;
  for (model::User user : users) {
    user.admin = user.id == request.user.id ? request.user.admin
                                            : AlwaysAdmin(context.settings.identity, user);
    *out.add_users() = ToProto(user, context.settings.platform.avatar_base);
  }
  return out;
}

Result<pb::UserKey> CreateUserKey(const Context& context, const Request& request,
                                  const pb::CreateUserKeyRequest& in) {
  model::Violations violations;
  model::CheckName("name", in.name(), violations);
  const auto parsed = model::ParseAuthorizedKey(in.public_key());
  if (!parsed.ok()) violations.push_back({"public_key", parsed.status().message()});
  NS_TRY(CheckNone(violations));
  const auto made = context.store().user_keys.Add(
      {KeyId::New(context.parts.random), request.user.id, in.name(), parsed->line, kNever});
  if (made.status().code() == Code::kExists) {
    return Refuse(Code::kExists, "KeyTaken",
                  {{"public_key", "is registered already, whatever its comment"}});
  }
  if (!made.ok()) return made.status();
  return Show(*made);
}

Result<pb::GetUserKeysResponse> GetUserKeys(const Context& context, const Request& request,
                                            const Empty&) {
  NS_ASSIGN(const auto keys, context.store().user_keys.List(request.user.id));
  pb::GetUserKeysResponse out;
  for (const model::UserKey& key : keys) *out.add_keys() = Show(key);
  return out;
}

Result<Empty> DeleteUserKey(const Context& context, const Request& request,
                            const pb::DeleteUserKeyRequest& in) {
  if (!IsId(in.key_id())) {
    return InvalidField("key_id", "must be an id of 22 lower-case hex characters, got " +
                                      model::Quoted(in.key_id()));
  }
  const Status removed = context.store().user_keys.Remove(KeyId(in.key_id()), request.user.id);
  if (removed.code() == Code::kNotFound)
    return Status(Code::kNotFound, "NotFound", "you have no key " + in.key_id());
  NS_TRY(removed);
  return Empty();
}

}  // namespace

void OfferUsers(MethodTable& table) {
  const std::string api = kApiService;
  Offer(table, api + "GetUsers", GetUsers);
  Offer(table, api + "CreateUserKey", CreateUserKey);
  Offer(table, api + "GetUserKeys", GetUserKeys);
  Offer(table, api + "DeleteUserKey", DeleteUserKey);
}

}  // namespace ns::api
