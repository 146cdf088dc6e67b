// API tokens.
#include <CLI/CLI.hpp>
#include <map>

#include "context.h"
#include "failure.h"
#include "identity.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "text.h"
#include "token_text.h"

namespace ns::cli {
namespace {

constexpr char kService[] = "neoshowcase.platform.v1.TokenService/";

struct Given {
  std::string name, scope, user, token;
  std::vector<std::string> apps;
  int days = 0;
  bool never = false;
};

template <class Response = google::protobuf::Empty>
Response Call(Context& context, const char* method,
              const google::protobuf::Message& request = google::protobuf::Empty()) {
  Response response;
  context.client().Call(std::string(kService) + method, request, response);
  return response;
}

void Create(Context& context, const Given& given) {
  platform::CreateTokenRequest request;
  request.set_name(given.name);
  request.set_scope(*ScopeNamed(given.scope));
  request.set_days(given.days);
  request.set_never_expires(given.never);
  request.set_user(given.user);
  for (const std::string& app : given.apps)
    request.add_application_ids(FindApplication(context, app).id());
  const auto made = Call<platform::CreateTokenResponse>(context, "CreateToken", request);
  context.Progress(
      "The token is shown this once; it is good " +
      (made.token().has_expires_at() ? "until " + Day(made.token().expires_at()) : "for good") +
      ".");
  context.Print(made, made.text() + "\n");
}

// Names of applications by id, as far as the caller sees them.
std::map<std::string, std::string> AppNames(Context& context) {
  std::map<std::string, std::string> names;
  api::GetApplicationsRequest request;
  request.set_scope(api::GetApplicationsRequest::ALL);
  const auto all = context.Api<api::GetApplicationsResponse>("GetApplications", request);
  for (const auto& app : all.applications()) names[app.id()] = Plain(app.name());
  return names;
}

std::string AppsOf(const platform::Token& token, const std::map<std::string, std::string>& names) {
  if (!token.limited()) return "all";
  std::string out;
  for (const std::string& id : token.application_ids()) {
    const auto name = names.find(id);
    out += (out.empty() ? "" : ",") + (name == names.end() ? id : name->second);
  }
  return out;
}

// Those of the caller, or for admins of another user.
platform::ListTokensResponse TokensOf(Context& context, const std::string& user) {
  if (user.empty()) return Call<platform::ListTokensResponse>(context, "ListTokens");
  platform::ListUserTokensRequest request;
  request.set_user(user);
  return Call<platform::ListTokensResponse>(context, "ListUserTokens", request);
}

void List(Context& context, const std::string& user) {
  const auto all = TokensOf(context, user);
  if (context.json) return context.Print(all, "");
  const auto names = AppNames(context);
  std::vector<std::vector<std::string>> rows = {
      {"ID", "NAME", "SCOPE", "APPLICATIONS", "EXPIRES", "LAST USED"}};
  for (const auto& token : all.tokens()) {
    const std::string end = token.has_expires_at() ? Day(token.expires_at()) : "never";
    rows.push_back({token.id(), Plain(token.name()), ScopeName(token.scope()), AppsOf(token, names),
                    token.expired() ? "expired " + end : end,
                    Ago(token.last_used_at(), NowSeconds())});
  }
  context.Print(Table(rows));
}

// An id, or a name that one token alone has.
std::string Find(Context& context, const std::string& token, const std::string& user) {
  const auto all = TokensOf(context, user);
  std::vector<std::string> named;
  for (const auto& one : all.tokens()) {
    if (one.id() == token) return token;
    if (one.name() == token) named.push_back(one.id());
  }
  if (named.size() == 1) return named.front();
  if (named.empty())
    throw Failure(Exit::kNotFound, "There is no token '" + token + "'; `ns token list" +
                                       (user.empty() ? "" : " --user " + user) + "` shows them.");
  std::string ids;
  for (const std::string& id : named) ids += (ids.empty() ? "" : ", ") + id;
  throw Failure(Exit::kUsage,
                "Several have the name '" + token + "'; give one of their ids: " + ids + ".");
}

void Revoke(Context& context, const std::string& token, const std::string& user) {
  platform::RevokeTokenRequest request;
  request.set_token_id(Find(context, token, user));
  Call(context, "RevokeToken", request);
  context.Done("Revoked " + request.token_id() + ".");
}

}  // namespace

void AddToken(CLI::App& root, Context& context) {
  auto given = std::make_shared<Given>();
  auto* noun = root.add_subcommand("token", "API tokens of yours; for admins those of others too")
                   ->require_subcommand(1);
  auto* create = noun->add_subcommand("create", "make one; it is printed this once");
  create->add_option("NAME", given->name, "what it is for")->required();
  create->add_option("--scope", given->scope, "read, deploy or admin")
      ->required()
      ->check(CLI::IsMember({"read", "deploy", "admin"}));
  create->add_option("--app", given->apps, "for this application alone; may come again")
      ->type_name("APP");
  create->add_option("--days", given->days, "until it expires; 0: as the server says")
      ->check(CLI::Range(0, 36500));
  create->add_flag("--never", given->never, "it does not expire, where the server allows that");
  create->add_option("--user", given->user, "of another user, for admins")->type_name("USER");
  create->callback([given, &context] { Create(context, *given); });
  auto* list = noun->add_subcommand("list", "newest first");
  list->add_option("--user", given->user, "of another user, for admins")->type_name("USER");
  list->callback([given, &context] { List(context, given->user); });
  auto* revoke = noun->add_subcommand("revoke", "end one, and those that were made with it");
  revoke->add_option("TOKEN", given->token, "id or name")->required();
  revoke->add_option("--user", given->user, "of another user, for admins")->type_name("USER");
  revoke->callback([given, &context] { Revoke(context, given->token, given->user); });
}

}  // namespace ns::cli
