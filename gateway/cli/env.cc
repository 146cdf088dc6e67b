#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <map>

#include "app_flags.h"
#include "context.h"
#include "failure.h"
#include "follow.h"
#include "text.h"

namespace ns::cli {
namespace {

struct Variables {
  std::string app, scope, file;
  std::vector<std::string> items;
  bool secret = false, wait = false;
};

const std::map<std::string, platform::EnvScope> kScopes = {{"", platform::ENV_SCOPE_UNSPECIFIED},
                                                           {"run", platform::ENV_SCOPE_RUN},
                                                           {"build", platform::ENV_SCOPE_BUILD},
                                                           {"both", platform::ENV_SCOPE_BOTH}};

std::string WordOf(platform::EnvScope scope) {
  for (const auto& [word, value] : kScopes) {
    if (value == scope) return word;
  }
  return "?";
}

// KEY=VALUE, or KEY with the value on stdin, so that a secret stands in no history.
std::pair<std::string, std::string> Split(const std::string& item) {
  const size_t equals = item.find('=');
  if (equals != std::string::npos) return {item.substr(0, equals), item.substr(equals + 1)};
  std::string value{std::istreambuf_iterator<char>(std::cin), {}};
  if (value.ends_with('\n')) value.pop_back();
  return {item, value};
}

void Finish(Context& context, const Variables& given, const api::Application& app,
            const Following& following, const std::string& said) {
  if (following.pinned)
    return context.Done(said + " of " + app.name() +
                        "; it is pinned to a release, so this counts from `ns unpin " + app.name() +
                        "` on.");
  if (given.wait) FollowToSuccess(context, following);
  context.Done(said + " of " + app.name() +
               (given.wait ? ", and it is so." : "; what runs follows by itself."));
}

void Set(Context& context, const Variables& given) {
  const auto app = FindApplication(context, given.app);
  const Following following = FollowingOf(context, app.id());
  std::vector<std::pair<std::string, std::string>> variables;
  if (!given.file.empty()) variables = VariablesOf(given.file);
  for (const std::string& item : given.items) variables.push_back(Split(item));
  if (variables.empty())
    throw Failure(Exit::kUsage, "Nothing is to be set; give KEY=VALUE or --from-file FILE.");
  for (const auto& [key, value] : variables) {
    platform::SetEnvRequest request;
    request.set_application_id(app.id());
    request.set_key(key);
    request.set_value(value);
    request.set_scope(kScopes.at(given.scope));
    if (given.secret) request.set_secret(true);
    context.Platform("SetEnv", request);
  }
  Finish(context, given, app, following, std::to_string(variables.size()) + " set");
}

void Unset(Context& context, const Variables& given) {
  const auto app = FindApplication(context, given.app);
  const Following following = FollowingOf(context, app.id());
  for (const std::string& key : given.items) {
    api::DeleteApplicationEnvVarRequest request;
    request.set_application_id(app.id());
    request.set_key(key);
    context.Api("DeleteEnvVar", request);
  }
  Finish(context, given, app, following, std::to_string(given.items.size()) + " unset");
}

// What stands in the place of a value.
std::string ShownValue(const platform::EnvVar& variable) {
  if (variable.seal_broken()) return "(no key opens it: set it again, or unset it)";
  return variable.secret() ? "(secret)" : Plain(variable.value());
}

void List(Context& context, const Variables& given) {
  platform::ListEnvRequest request;
  request.set_application_id(FindApplication(context, given.app).id());
  const auto all = context.Platform<platform::ListEnvResponse>("ListEnv", request);
  std::vector<std::vector<std::string>> rows = {{"KEY", "SCOPE", "VALUE"}};
  for (const auto& variable : all.variables())
    rows.push_back({variable.key(),
                    WordOf(variable.scope()) + (variable.system() ? " (system)" : ""),
                    ShownValue(variable)});
  context.Print(all, Table(rows));
}

}  // namespace

void AddEnv(CLI::App& root, Context& context) {
  auto* noun =
      root.add_subcommand("env", "environment variables of an application")->require_subcommand(1);
  auto given = std::make_shared<Variables>();

  auto* set = noun->add_subcommand(
      "set", "set variables; a change of run scope restarts, of build scope builds");
  set->add_option("APP", given->app, "name or id")->required();
  set->add_option("KEY=VALUE", given->items, "KEY alone reads the value from stdin");
  set->add_option("--from-file", given->file,
                  "lines KEY=VALUE of a file; - reads standard input, such as a pasted block");
  set->add_option("--scope", given->scope, "run, build or both; default: as it was")
      ->check(CLI::IsMember({"run", "build", "both"}));
  set->add_flag("--secret", given->secret, "never shown again");
  set->add_flag("--wait", given->wait, "until the application runs with it");
  set->callback([&context, given] { Set(context, *given); });

  auto* unset = noun->add_subcommand("unset", "remove variables");
  unset->add_option("APP", given->app, "name or id")->required();
  unset->add_option("KEY", given->items)->required();
  unset->add_flag("--wait", given->wait, "until the application runs without it");
  unset->callback([&context, given] { Unset(context, *given); });

  auto* list = noun->add_subcommand(
      "list", "variables with their scope; values of secret ones are left out");
  list->add_option("APP", given->app, "name or id")->required();
  list->callback([&context, given] { List(context, *given); });
}

}  // namespace ns::cli
