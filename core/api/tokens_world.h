// Callers with tokens, for the tests of this folder.
#pragma once

#include <string>
#include <vector>

#include "api/api_world.h"
#include "neoshowcase/platform/v1/token.pb.h"

namespace ns::api {

inline constexpr auto kRead = own_pb::TOKEN_SCOPE_READ;
inline constexpr auto kDeploy = own_pb::TOKEN_SCOPE_DEPLOY;
inline constexpr auto kAdmin = own_pb::TOKEN_SCOPE_ADMIN;

class TokensTest : public ApiWorld {
 protected:
  static Peer Bearer(const std::string& text) {
    return {false, 0, 0, "203.0.113.9", {{"authorization", "Bearer " + text}}};
  }
  static own_pb::CreateTokenRequest NewToken(own_pb::TokenScope scope,
                                             const std::vector<std::string>& apps = {}) {
    own_pb::CreateTokenRequest in;
    in.set_name("ci");
    in.set_scope(scope);
    for (const std::string& app : apps) in.add_application_ids(app);
    return in;
  }
  template <class Out = Empty, class In>
  Result<Out> Tokens(const Peer& peer, const std::string& method, const In& in) {
    return Sent<Out>(peer, "neoshowcase.platform.v1.TokenService/" + method, in);
  }
  Result<own_pb::CreateTokenResponse> Create(const Peer& peer,
                                             const own_pb::CreateTokenRequest& in) {
    return Tokens<own_pb::CreateTokenResponse>(peer, "CreateToken", in);
  }
  // The bearer of a new token.
  Peer With(const Peer& owner, own_pb::TokenScope scope,
            const std::vector<std::string>& apps = {}) {
    return Bearer(Create(owner, NewToken(scope, apps)).value().text());
  }
  Status Revoke(const Peer& peer, const std::string& id) {
    own_pb::RevokeTokenRequest in;
    in.set_token_id(id);
    return Tokens(peer, "RevokeToken", in).status();
  }
  std::vector<own_pb::Token> List(const Peer& peer) {
    const auto listed = Tokens<own_pb::ListTokensResponse>(peer, "ListTokens", Empty()).value();
    return {listed.tokens().begin(), listed.tokens().end()};
  }
  Result<api_pb::User> Me(const Peer& peer) { return Call<api_pb::User>(peer, "GetMe", Empty()); }
  std::string ReasonOf(const Status& failure) { return failure.reason(); }
  Status Start(const Peer& peer, const std::string& app) {
    return Call(peer, "StartApplication", OfApp(app)).status();
  }
  Status Rename(const Peer& peer, const std::string& app) {
    api_pb::UpdateApplicationRequest in;
    in.set_id(app);
    in.set_name("renamed");
    return Call(peer, "UpdateApplication", in).status();
  }
  std::string SecondApp(const Peer& owner) {
    const std::string repository = MakeRepository(owner, "https://git.test/a/second.git");
    return Call<api_pb::Application>(owner, "CreateApplication",
                                     NewApp(repository, "second.apps.test"))
        .value()
        .id();
  }
};

}  // namespace ns::api
