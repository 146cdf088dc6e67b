// Who is an admin, beyond what a call proves by itself.
#include <algorithm>

#include "api/convert.h"
#include "api/method.h"
#include "api/owners.h"
#include "api/problem.h"
#include "neoshowcase/platform/v1/admin.pb.h"

namespace ns::api {
namespace {

namespace platform = neoshowcase::platform::v1;

constexpr char kAdminService[] = "neoshowcase.platform.v1.AdminService/";

Status CheckUserName(const std::string& name) {
  model::Violations violations;
  model::CheckName("name", name, violations);
  return CheckNone(violations);
}

Result<platform::ListAdminsResponse> ListAdmins(const Context& context, const Request&,
                                                const platform::ListAdminsRequest&) {
  NS_ASSIGN(const auto grants, context.store().admins.List());
  std::vector<std::string> configured = context.settings.identity.admins;
  platform::ListAdminsResponse out;
  for (const model::AdminGrant& grant : grants) {
    auto* one = out.add_admins();
    one->set_name(grant.user_name);
    one->set_granted(true);
    one->set_granted_by(grant.granted_by);
    *one->mutable_granted_at() = ToProto(grant.granted_at);
    const auto same = [&](const std::string& name) { return SameName(name, grant.user_name); };
    one->set_configured(std::erase_if(configured, same) > 0);
  }
  for (const std::string& name : configured) {
    auto* one = out.add_admins();
    one->set_name(name);
    one->set_configured(true);
  }
  std::sort(out.mutable_admins()->begin(), out.mutable_admins()->end(),
            [](const auto& a, const auto& b) { return a.name() < b.name(); });
  return out;
}

Result<platform::AddAdminResponse> AddAdmin(const Context& context, const Request& request,
                                            const platform::AddAdminRequest& in) {
  if (request.token)
    return Refuse(Code::kDenied, "TokenScope",
                  {{"name",
                    "admins are made without a token: nothing shall be left of a token that "
                    "was revoked"}});
  NS_TRY(CheckUserName(in.name()));
  NS_ASSIGN(const model::User user, context.store().users.Ensure(in.name(), false));
  NS_ASSIGN(const bool changed, context.store().admins.Grant(user.id, request.user.name));
  platform::AddAdminResponse out;
  out.set_changed(changed);
  return out;
}

Result<platform::RemoveAdminResponse> RemoveAdmin(const Context& context, const Request&,
                                                  const platform::RemoveAdminRequest& in) {
  NS_ASSIGN(const model::User user, UserNamed(context, "name", in.name()));
  NS_ASSIGN(const bool withdrawn, context.store().admins.Withdraw(user.id));
  if (withdrawn) return platform::RemoveAdminResponse();
  return Refuse(Code::kPrecondition, "NotGranted",
                {{"name", model::Quoted(user.name) +
                              (ConfiguredAdmin(context.settings.identity, user.name)
                                   ? " is an admin by `admins` of the configuration: take the name "
                                     "out there"
                                   : " was not made an admin by `ns admin add`")}});
}

}  // namespace

void OfferAdmins(MethodTable& table) {
  const std::string own = kAdminService;
  Offer(table, own + "ListAdmins", ListAdmins);
  Offer(table, own + "AddAdmin", AddAdmin);
  Offer(table, own + "RemoveAdmin", RemoveAdmin);
}

}  // namespace ns::api
