#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>

#include "app_flags.h"
#include "context.h"
#include "failure.h"
#include "follow.h"
#include "neoshowcase/platform/v1/application.pb.h"
#include "terminal.h"
#include "text.h"

namespace ns::cli {
namespace {

constexpr int kTries = 5;  // where others change the application at the same moment

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
  if (IsInteractive()) return {item, AskHidden("Value of " + item)};
  std::string value{std::istreambuf_iterator<char>(std::cin), {}};
  if (value.ends_with('\n')) value.pop_back();
  return {item, value};
}

// Who reads standard input to its end leaves nothing for another.
void CheckReaders(const Variables& given) {
  std::string reader = given.file == "-" ? "--from-file" : "";
  const bool asked = reader.empty() && IsInteractive();
  for (const std::string& item : given.items) {
    if (asked || item.find('=') != std::string::npos) continue;
    if (!reader.empty())
      throw Failure(Exit::kUsage, "Standard input is read to its end for " + reader + ", so that " +
                                      item +
                                      " would be empty; set one of them by a command of its own.");
    reader = item;
  }
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

using Values = std::vector<std::pair<std::string, std::string>>;

// What is said later of a variable counts.
void Put(Values& values, const std::pair<std::string, std::string>& said) {
  const auto same = [&](const auto& one) { return one.first == said.first; };
  const auto before = std::ranges::find_if(values, same);
  if (before == values.end())
    values.push_back(said);
  else
    before->second = said.second;
}

Values ValuesOf(const Variables& given) {
  CheckReaders(given);
  Values values;
  if (!given.file.empty()) values = VariablesOf(given.file);
  for (const std::string& item : given.items) Put(values, Split(item));
  if (values.empty())
    throw Failure(Exit::kUsage, "Nothing is to be set; give KEY=VALUE or --from-file FILE.");
  return values;
}

// All variables that there shall be, those that are set first. The others are named alone, which
// leaves them as they are.
platform::UpdateApplicationRequest ChangeOf(const platform::Application& own,
                                            const Variables& given, const Values& values) {
  platform::UpdateApplicationRequest request;
  request.set_application_id(own.id());
  request.set_etag(own.etag());
  request.mutable_update_mask()->add_paths("env");
  auto& form = *request.mutable_form();
  for (const auto& [key, value] : values) {
    auto& variable = *form.add_env();
    variable.set_key(key);
    variable.set_value(value);
    variable.set_scope(kScopes.at(given.scope));
    if (given.secret) variable.set_secret(true);
  }
  for (const auto& stored : own.form().env()) {
    const auto same = [&](const auto& one) { return one.first == stored.key(); };
    if (std::ranges::none_of(values, same)) form.add_env()->set_key(stored.key());
  }
  return request;
}

// A refusal by the names of the variables, where the server has their places in the list.
std::string ByName(std::string message, const Values& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string place = "form.env[" + std::to_string(i) + "]";
    for (size_t at = 0; (at = message.find(place, at)) != std::string::npos;
         at += values[i].first.size())
      message.replace(at, place.size(), values[i].first);
  }
  return message;
}

// One change, which is made whole or not at all.
void Store(Context& context, const std::string& app_id, const Variables& given,
           const Values& values) {
  platform::GetApplicationRequest request;
  request.set_application_id(app_id);
  for (int tries = kTries;; --tries) {
    const auto own =
        context.Own<platform::Application>("ApplicationService/GetApplication", request);
    try {
      context.Own<platform::UpdateApplicationResponse>("ApplicationService/UpdateApplication",
                                                       ChangeOf(own, given, values));
      return;
    } catch (const Refused& refused) {
      if (refused.code() == "aborted" && tries > 1) continue;  // somebody changed something else
      throw Refused(refused.code(), ByName(refused.what(), values));
    }
  }
}

void Set(Context& context, const Variables& given) {
  const Values values = ValuesOf(given);
  const auto app = FindApplication(context, given.app);
  const Following following = FollowingOf(context, app.id());
  Store(context, app.id(), given, values);
  Finish(context, given, app, following, std::to_string(values.size()) + " set");
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
  set->add_option("KEY=VALUE", given->items,
                  "KEY alone asks for the value, or reads it from stdin");
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
