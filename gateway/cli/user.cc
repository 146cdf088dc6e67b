// People.
#include <CLI/CLI.hpp>

#include "context.h"
#include "identity.h"
#include "text.h"

namespace ns::cli {
namespace {

void List(Context& context) {
  const auto all = context.Api<api::GetUsersResponse>("GetUsers");
  std::vector<std::vector<std::string>> rows = {{"ID", "NAME", "ADMIN"}};
  for (const auto& user : all.users())
    rows.push_back({user.id(), Plain(user.name()), user.admin() ? "yes" : "-"});
  context.Print(all, Table(rows));
}

}  // namespace

void AddUser(CLI::App& root, Context& context) {
  auto* noun = root.add_subcommand("user", "people who are known here")->require_subcommand(1);
  noun->add_subcommand("list", "by name")->callback([&context] { List(context); });
}

}  // namespace ns::cli
