// Who was made an admin.
#include <CLI/CLI.hpp>

#include "context.h"
#include "identity.h"
#include "neoshowcase/platform/v1/admin.pb.h"
#include "text.h"
#include "token_text.h"

namespace ns::cli {
namespace {

constexpr char kService[] = "neoshowcase.platform.v1.AdminService/";

template <class Response>
Response Call(Context& context, const char* method, const google::protobuf::Message& request) {
  Response response;
  context.client().Call(std::string(kService) + method, request, response);
  return response;
}

void Add(Context& context, const std::string& name) {
  platform::AddAdminRequest request;
  request.set_name(name);
  const auto added = Call<platform::AddAdminResponse>(context, "AddAdmin", request);
  context.Print(added, Plain(name) + (added.changed() ? " is an admin now.\n"
                                                      : " was made an admin before.\n"));
}

void Remove(Context& context, const std::string& name) {
  platform::RemoveAdminRequest request;
  request.set_name(name);
  Call<platform::RemoveAdminResponse>(context, "RemoveAdmin", request);
  context.Done(Plain(name) + " is no admin any more.");
}

std::string OriginOf(const platform::Admin& admin) {
  const std::string granted =
      admin.granted() ? "added by " + Plain(admin.granted_by()) + " on " + Day(admin.granted_at())
                      : "";
  if (!admin.configured()) return granted;
  return "configuration" + (granted.empty() ? "" : "; " + granted);
}

void List(Context& context) {
  const auto all =
      Call<platform::ListAdminsResponse>(context, "ListAdmins", platform::ListAdminsRequest());
  std::vector<std::vector<std::string>> rows = {{"NAME", "BY"}};
  for (const auto& admin : all.admins()) rows.push_back({Plain(admin.name()), OriginOf(admin)});
  context.Print(all, Table(rows));
}

}  // namespace

void AddAdmins(CLI::App& noun, Context& context) {
  auto name = std::make_shared<std::string>();
  auto* add = noun.add_subcommand("add", "make a user an admin");
  add->add_option("USER", *name, "name")->required();
  add->callback([name, &context] { Add(context, *name); });
  noun.add_subcommand("list", "those of the configuration and those that were added")
      ->callback([&context] { List(context); });
  auto* remove = noun.add_subcommand("remove", "take that back");
  remove->add_option("USER", *name, "name")->required();
  remove->callback([name, &context] { Remove(context, *name); });
}

}  // namespace ns::cli
