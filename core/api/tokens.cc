// API tokens: made, listed, revoked.
#include <algorithm>

#include "api/convert.h"
#include "api/method.h"
#include "api/owners.h"
#include "api/problem.h"
#include "google/protobuf/empty.pb.h"
#include "model/token_text.h"
#include "neoshowcase/platform/v1/token.pb.h"

namespace ns::api {
namespace {

using google::protobuf::Empty;
namespace platform = neoshowcase::platform::v1;

constexpr char kTokenService[] = "neoshowcase.platform.v1.TokenService/";
constexpr int kUsualDays = 90;
constexpr int kMostApps = 100;  // of one token
constexpr auto kDay = std::chrono::hours(24);

platform::Token Show(const model::Token& token, Time now) {
  platform::Token out;
  out.set_id(token.id.str());
  out.set_name(token.name);
  out.set_scope(static_cast<platform::TokenScope>(token.scope));
  out.set_limited(token.limited);
  for (const AppId& app : token.apps) out.add_application_ids(app.str());
  *out.mutable_created_at() = ToProto(token.created);
  if (token.expires != kNever) *out.mutable_expires_at() = ToProto(token.expires);
  if (token.last_used != kNever) *out.mutable_last_used_at() = ToProto(token.last_used);
  out.set_parent_id(token.parent.str());
  out.set_expired(token.expires != kNever && token.expires <= now);
  return out;
}

// Adds the applications to the token.
Status ReadApps(const Context& context, const platform::CreateTokenRequest& in, model::Token& token,
                model::Violations& out) {
  if (in.application_ids_size() > kMostApps) {
    out.push_back({"application_ids", "must be at most " + std::to_string(kMostApps) + ", got " +
                                          std::to_string(in.application_ids_size())});
    return {};
  }
  token.limited = in.application_ids_size() > 0;
  for (int i = 0; i < in.application_ids_size(); ++i) {
    const std::string& id = in.application_ids(i);
    const Status known = IsId(id) ? context.store().apps.Get(AppId(id)).status() : NotFound("");
    if (known.code() == Code::kNotFound) {
      out.push_back({"application_ids[" + std::to_string(i) + "]",
                     "must be the id of an application, got " + model::Quoted(id)});
    } else if (!known.ok()) {
      return known;
    }
    if (!token.Covers(AppId(id))) token.apps.emplace_back(id);
  }
  return {};
}

// What is wrong with the days that were asked for, or an empty text.
std::string DaysMistake(const platform::CreateTokenRequest& in, int most) {
  if (in.never_expires() && in.days() != 0) return "must be 0 where never_expires is true";
  if (in.days() < 0) return "must not be negative, got " + std::to_string(in.days());
  const int limit = most == 0 ? 36'500 : most;
  if (in.days() <= limit) return "";
  return "must be at most " + std::to_string(limit) + ", got " + std::to_string(in.days());
}

// When the token ends: by the request, the configuration and the token that it is made with.
Status ReadExpiry(const Context& context, const Request& request,
                  const platform::CreateTokenRequest& in, model::Token& token,
                  model::Violations& out) {
  const int most = context.settings.identity.token_days;
  const Time end = request.token ? request.token->expires : kNever;  // of the token that makes it
  if (in.never_expires()) {
    if (most != 0) {
      out.push_back({"never_expires", "must be false: this installation's tokens live at most " +
                                          std::to_string(most) + " days"});
    } else if (end != kNever) {
      out.push_back({"never_expires", "must be false: the token of this call expires itself"});
    }
  }
  if (const std::string mistake = DaysMistake(in, most); !mistake.empty())
    out.push_back({"days", mistake});
  if (!out.empty() || in.never_expires()) return {};
  const int usual = most == 0 ? kUsualDays : std::min(kUsualDays, most);
  const Time now = context.parts.clock.Now();
  token.expires = now + kDay * (in.days() == 0 ? usual : in.days());
  if (end == kNever || token.expires <= end) return {};
  if (in.days() != 0) {
    out.push_back({"days", "must not go beyond the end of the token of this call, in " +
                               std::to_string((end - now) / kDay) + " days, got " +
                               std::to_string(in.days())});
  }
  token.expires = end;
  return {};
}

// Whose token it shall be.
Result<UserId> ReadUser(const Context& context, const Request& request, const std::string& name) {
  if (name.empty()) return request.user.id;
  if (!request.user.admin || request.token) {
    return Refuse(Code::kDenied, "NotAllowed",
                  {{"user",
                    "must be empty: only admins, and not with a token, make tokens of "
                    "others"}});
  }
  model::Violations violations;
  model::CheckName("user", name, violations);
  NS_TRY(CheckNone(violations));
  NS_ASSIGN(const model::User user, context.store().users.Ensure(name, false));
  return user.id;
}

Result<model::Token> ReadToken(const Context& context, const Request& request,
                               const platform::CreateTokenRequest& in) {
  model::Token token;
  model::Violations violations;
  model::CheckName("name", in.name(), violations);
  token.name = in.name();
  if (in.scope() < platform::TOKEN_SCOPE_READ || in.scope() > platform::TOKEN_SCOPE_ADMIN) {
    violations.push_back(
        {"scope", "must be TOKEN_SCOPE_READ, TOKEN_SCOPE_DEPLOY or TOKEN_SCOPE_ADMIN"});
  }
  token.scope = static_cast<model::TokenScope>(in.scope());
  NS_TRY(ReadApps(context, in, token, violations));
  NS_TRY(ReadExpiry(context, request, in, token, violations));
  NS_TRY(CheckNone(violations));
  if (request.token) token.parent = request.token->id;
  NS_ASSIGN(token.user, ReadUser(context, request, in.user()));
  token.id = TokenId::New(context.parts.random);
  return token;
}

Result<platform::CreateTokenResponse> CreateToken(const Context& context, const Request& request,
                                                  const platform::CreateTokenRequest& in) {
  NS_ASSIGN(model::Token token, ReadToken(context, request, in));
  const Secret text = model::NewTokenText(context.parts.random);
  NS_ASSIGN(token, context.store().tokens.Insert(token, model::TokenHash(text.Reveal())));
  platform::CreateTokenResponse out;
  *out.mutable_token() = Show(token, context.parts.clock.Now());
  out.set_text(text.Reveal());
  return out;
}

Result<platform::ListTokensResponse> TokensOf(const Context& context, const UserId& user) {
  NS_ASSIGN(const auto tokens, context.store().tokens.List(user));
  platform::ListTokensResponse out;
  for (const model::Token& token : tokens)
    *out.add_tokens() = Show(token, context.parts.clock.Now());
  return out;
}

Result<platform::ListTokensResponse> ListTokens(const Context& context, const Request& request,
                                                const Empty&) {
  return TokensOf(context, request.user.id);
}

Result<platform::ListTokensResponse> ListUserTokens(const Context& context, const Request&,
                                                    const platform::ListUserTokensRequest& in) {
  NS_ASSIGN(const model::User user, UserNamed(context, "user", in.user()));
  return TokensOf(context, user.id);
}

Result<platform::GetCurrentTokenResponse> GetCurrentToken(const Context& context,
                                                          const Request& request, const Empty&) {
  platform::GetCurrentTokenResponse out;
  if (request.token) *out.mutable_token() = Show(*request.token, context.parts.clock.Now());
  return out;
}

Result<Empty> RevokeToken(const Context& context, const Request& request,
                          const platform::RevokeTokenRequest& in) {
  if (!IsId(in.token_id())) {
    return InvalidField("token_id", "must be an id of 22 lower-case hex characters, got " +
                                        model::Quoted(in.token_id()));
  }
  const auto& own = request.token;
  if (own && (own->scope != model::TokenScope::kAdmin || own->limited) &&
      own->id.str() != in.token_id()) {
    return Status(Code::kDenied, "TokenScope",
                  "the token " + model::Quoted(own->name) + " may revoke itself alone");
  }
  const bool admin = request.user.admin;
  const Status revoked =
      context.store().tokens.Revoke(TokenId(in.token_id()), admin ? UserId() : request.user.id);
  if (revoked.code() == Code::kNotFound)
    return Status(Code::kNotFound, "NotFound",
                  (admin ? "there is no token " : "you have no token ") + in.token_id());
  NS_TRY(revoked);
  return Empty();
}

}  // namespace

void OfferTokens(MethodTable& table) {
  const std::string own = kTokenService;
  Offer(table, own + "CreateToken", CreateToken);
  Offer(table, own + "ListTokens", ListTokens);
  Offer(table, own + "ListUserTokens", ListUserTokens);
  Offer(table, own + "GetCurrentToken", GetCurrentToken);
  Offer(table, own + "RevokeToken", RevokeToken);
}

}  // namespace ns::api
