#include "api/api_world.h"
#include "api/callers.h"
#include "model/token_text.h"
#include "neoshowcase/platform/v1/token.pb.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;
constexpr auto kRead = own_pb::TOKEN_SCOPE_READ;
constexpr auto kDeploy = own_pb::TOKEN_SCOPE_DEPLOY;
constexpr auto kAdmin = own_pb::TOKEN_SCOPE_ADMIN;
constexpr auto kDay = std::chrono::hours(24);

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
    return Parsed<Out>(
        Raw(peer, "neoshowcase.platform.v1.TokenService/" + method, in.SerializeAsString()));
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

TEST_F(TokensTest, Bearer_IsTheTokensUserWhereverTheyComeFrom) {
  const auto made = Create(Named("alice"), NewToken(kRead)).value();
  EXPECT_TRUE(model::IsTokenText(made.text()));
  EXPECT_EQ(Me(Bearer(made.text())).value().name(), "alice");
  Peer other_case = Bearer("");
  other_case.headers = {{"authorization", "bEARER   " + made.text()}};
  EXPECT_EQ(Me(other_case).value().name(), "alice");
  Peer socket = Bearer(made.text());
  socket.has_credentials = true;
  EXPECT_EQ(Me(socket).value().name(), "alice") << "root asks for the token's rights alone";
  Peer proxied = Named("bob");
  proxied.headers.emplace_back("authorization", "Bearer " + made.text());
  EXPECT_EQ(Me(proxied).value().name(), "alice");
}

TEST_F(TokensTest, Text_IsKeptAsAHashAlone) {
  const auto made = Create(Named("alice"), NewToken(kRead)).value();
  EXPECT_TRUE(store.store().tokens.Find(model::TokenHash(made.text())).ok());
  EXPECT_FALSE(store.store().tokens.Find(made.text()).ok());
  const auto listed = List(Named("alice"));
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].SerializeAsString(), made.token().SerializeAsString());
  EXPECT_EQ(listed[0].SerializeAsString().find(made.text().substr(0, 12)), std::string::npos);
}

TEST_F(TokensTest, HostileAuthorization_IsNobody) {
  const std::string good = Create(Named("alice"), NewToken(kAdmin)).value().text();
  const std::vector<std::string> mistyped = {
      "nst_",
      good.substr(0, good.size() - 1),
      good + "x",
      good + " ",
      good + "\n",
      good + std::string(1, '\0'),
      good + "," + good,
      "nst_" + std::string(46, '0'),
      "nst_" + std::string(1 << 20, 'a'),
      "nst_%27%20OR%201=1",
  };
  for (const std::string& text : mistyped) {
    const Status answer = Me(Bearer(text)).status();
    EXPECT_EQ(answer.code(), Code::kUnauthenticated);
    EXPECT_EQ(ReasonOf(answer), "BadToken") << text.substr(0, 60);
    EXPECT_TRUE(text == "nst_" || answer.message().find(text) == std::string::npos);
  }
  SeededRandom other(99);
  EXPECT_EQ(ReasonOf(Me(Bearer(model::NewTokenText(other).Reveal())).status()), "TokenUnknown");
  const std::vector<std::string> others = {"",
                                           "Bearer",
                                           "Bearer ",
                                           "Basic " + good,
                                           good,
                                           "Bearer eyJhbGciOi",
                                           "Bearer" + good,
                                           "Bearer NST_" + good.substr(4),
                                           "Token " + good};
  for (const std::string& header : others) {
    Peer peer = Bearer("");
    peer.headers = {{"authorization", header}};
    EXPECT_EQ(ReasonOf(Me(peer).status()), "NoIdentity") << header;
  }
  Peer twice = Bearer(good);
  twice.headers.push_back(twice.headers.front());
  EXPECT_EQ(ReasonOf(Me(twice).status()), "AmbiguousIdentity");
}

TEST_F(TokensTest, OthersAuthorizationBehindAProxy_IsNotLookedAt) {
  Peer peer = Named("bob");
  peer.headers.emplace_back("authorization", "Bearer eyJhbGciOi.of.theproxy");
  EXPECT_EQ(Me(peer).value().name(), "bob");
}

TEST_F(TokensTest, Scopes_AllowWhatTheySay) {
  const std::string app = MakeApp(Named("alice")).id();
  const Peer read = With(Named("alice"), kRead), deploy = With(Named("alice"), kDeploy),
             admin = With(Named("alice"), kAdmin);
  for (const Peer& peer : {read, deploy, admin}) {
    EXPECT_TRUE(Call<api_pb::Application>(peer, "GetApplication", OfApp(app)).ok());
    EXPECT_TRUE(Call<api_pb::ApplicationEnvVars>(peer, "GetEnvVars", OfApp(app)).ok());
  }
  EXPECT_EQ(ReasonOf(Start(read, app)), "TokenScope");
  EXPECT_EQ(Start(read, app).code(), Code::kDenied);
  EXPECT_EQ(Start(deploy, app), Status());
  EXPECT_EQ(Start(admin, app), Status());
  EXPECT_EQ(ReasonOf(Rename(read, app)), "TokenScope");
  EXPECT_EQ(ReasonOf(Rename(deploy, app)), "TokenScope");
  EXPECT_EQ(Rename(admin, app), Status());
}

TEST_F(TokensTest, Token_NeverAllowsMoreThanItsUserMay) {
  const std::string app = MakeApp(Named("alice")).id();
  const Peer bob = With(Named("bob"), kAdmin);
  EXPECT_EQ(Start(bob, app).code(), Code::kDenied);
  EXPECT_EQ(ReasonOf(Start(bob, app)), "NotAllowed");
  EXPECT_EQ(Own<own_pb::ListPluginsResponse>(bob, "ListPlugins", Empty()).status().code(),
            Code::kDenied);
}

TEST_F(TokensTest, RightsOfAnAdmin_ComeWithScopeAdminAlone) {
  const std::string app = MakeApp(Named("alice")).id();
  for (const auto& [scope, may] : {std::pair(kRead, false), {kDeploy, false}, {kAdmin, true}}) {
    const Peer peer = With(Root(), scope);
    EXPECT_EQ(Me(peer).value().admin(), may);
    EXPECT_EQ(Own<own_pb::ListPluginsResponse>(peer, "ListPlugins", Empty()).ok(), may);
    EXPECT_EQ(Start(peer, app).ok(), may);
  }
}

TEST_F(TokensTest, AdminWhoIsNoneAnyMore_HasTokensOfNone) {
  ASSERT_TRUE(store.store().users.Ensure("alice", true).ok());
  const UserId alice = store.store().users.Ensure("alice", false).value().id;
  ASSERT_TRUE(store.store().admins.Grant(alice, "root@local").ok());
  const Peer peer = With(Named("alice"), kAdmin);
  EXPECT_TRUE(Me(peer).value().admin());
  ASSERT_TRUE(store.store().admins.Withdraw(alice).ok());
  clock.Advance(kCallerKept);
  EXPECT_FALSE(Me(peer).value().admin());
}

TEST_F(TokensTest, LimitedToken_ReachesItsApplicationsAlone) {
  const api_pb::Application mine = MakeApp(Named("alice"));
  const std::string other = SecondApp(Named("alice"));
  const Peer peer = With(Named("alice"), kAdmin, {mine.id()});
  EXPECT_EQ(Start(peer, mine.id()), Status());
  EXPECT_EQ(Rename(peer, mine.id()), Status());
  EXPECT_EQ(ReasonOf(Start(peer, other)), "TokenLimited");
  EXPECT_EQ(Start(peer, std::string(22, '0')).code(), Code::kNotFound);
  EXPECT_EQ(ReasonOf(Call<api_pb::Application>(peer, "GetApplication", OfApp(other)).status()),
            "TokenLimited");
  const BuildId build = AddBuild(mine.id()), foreign = AddBuild(other);
  EXPECT_TRUE(Call<api_pb::Build>(peer, "GetBuild", OfBuild(build.str())).ok());
  EXPECT_EQ(ReasonOf(Call<api_pb::Build>(peer, "GetBuild", OfBuild(foreign.str())).status()),
            "TokenLimited");
  api_pb::GetApplicationsRequest all;
  all.set_scope(api_pb::GetApplicationsRequest::ALL);
  const auto listed = Call<api_pb::GetApplicationsResponse>(peer, "GetApplications", all).value();
  ASSERT_EQ(listed.applications_size(), 1);
  EXPECT_EQ(listed.applications(0).id(), mine.id());
  const auto builds =
      Call<api_pb::GetBuildsResponse>(peer, "GetAllBuilds", api_pb::GetAllBuildsRequest()).value();
  ASSERT_EQ(builds.builds_size(), 1);
  EXPECT_EQ(builds.builds(0).id(), build.str());
}

TEST_F(TokensTest, LimitedToken_LooksAtItsRepositoryAndChangesNone) {
  const api_pb::Application mine = MakeApp(Named("alice"));
  const std::string other = SecondApp(Named("alice"));
  const std::string foreign =
      Call<api_pb::Application>(Named("alice"), "GetApplication", OfApp(other))
          .value()
          .repository_id();
  const Peer peer = With(Named("alice"), kAdmin, {mine.id()});
  EXPECT_TRUE(
      Call<api_pb::Repository>(peer, "GetRepository", OfRepository(mine.repository_id())).ok());
  EXPECT_TRUE(Call(peer, "RefreshRepository", OfRepository(mine.repository_id())).ok());
  EXPECT_EQ(ReasonOf(Call(peer, "RefreshRepository", OfRepository(foreign)).status()),
            "TokenLimited");
  EXPECT_EQ(
      ReasonOf(
          Call(peer, "CreateApplication", NewApp(mine.repository_id(), "x.apps.test")).status()),
      "TokenLimited");
}

TEST_F(TokensTest, LimitedToken_HasNothingWithoutObjectButWhatIsHarmless) {
  const std::string app = MakeApp(Named("alice")).id();
  const Peer peer = With(Named("alice"), kAdmin, {app});
  EXPECT_TRUE(Me(peer).ok());
  EXPECT_TRUE(Call<api_pb::SystemInfo>(peer, "GetSystemInfo", Empty()).ok());
  EXPECT_TRUE(Tokens<own_pb::GetCurrentTokenResponse>(peer, "GetCurrentToken", Empty()).ok());
  for (const char* method : {"GetUsers", "GetUserKeys", "GenerateKeyPair", "GetRepositories"})
    EXPECT_EQ(ReasonOf(Call(peer, method, Empty()).status()), "TokenLimited") << method;
  EXPECT_EQ(ReasonOf(Create(peer, NewToken(kRead, {app})).status()), "TokenLimited");
  EXPECT_EQ(ReasonOf(Call(peer, "CreateRepository", NewRepository()).status()), "TokenLimited");
}

TEST_F(TokensTest, LimitedToken_SeesNoBuildsOfOthers) {
  const std::string app = MakeApp(Named("alice")).id(), other = SecondApp(Named("alice"));
  std::vector<std::string> wanted;
  for (int i = 0; i < 3; ++i) {
    (void)AddBuild(other);
    clock.Advance(1s);
    wanted.insert(wanted.begin(), AddBuild(app, i == 0 ? kCommitA : kCommitB).str());
  }
  const Peer peer = With(Named("alice"), kRead, {app});
  const auto page = [&](int number, int limit) {
    api_pb::GetAllBuildsRequest in;
    in.set_page(number);
    in.set_limit(limit);
    std::vector<std::string> ids;
    const auto listed = Call<api_pb::GetBuildsResponse>(peer, "GetAllBuilds", in).value();
    for (const auto& build : listed.builds()) ids.push_back(build.id());
    return ids;
  };
  EXPECT_EQ(page(0, 0), wanted);
  EXPECT_EQ(page(0, 2), (std::vector<std::string>{wanted[0], wanted[1]}));
  EXPECT_EQ(page(1, 2), std::vector<std::string>{wanted[2]});
  EXPECT_TRUE(page(2, 2).empty());
  EXPECT_TRUE(page(2'000'000'000, 200).empty());
}

TEST_F(TokensTest, LimitedToken_SeesNoEventsOfOthers) {
  const std::string app = MakeApp(Named("alice")).id();
  (void)SecondApp(Named("alice"));
  const Peer peer = With(Named("alice"), kRead, {app});
  const auto events =
      Own<own_pb::ListEventsResponse>(peer, "ListEvents", own_pb::ListEventsRequest()).value();
  EXPECT_GT(events.events_size(), 0);
  for (const auto& event : events.events()) EXPECT_EQ(event.subject_id(), app) << event.kind();
}

TEST_F(TokensTest, Revoked_EndsAtOnceWithThoseMadeWithIt) {
  const auto first = Create(Named("alice"), NewToken(kAdmin)).value();
  const auto child = Create(Bearer(first.text()), NewToken(kAdmin)).value();
  EXPECT_EQ(child.token().parent_id(), first.token().id());
  EXPECT_TRUE(Me(Bearer(child.text())).ok());
  EXPECT_EQ(Revoke(Named("bob"), first.token().id()).code(), Code::kNotFound);
  EXPECT_EQ(Revoke(Root(), first.token().id()).code(), Code::kNotFound);
  EXPECT_EQ(Revoke(Named("alice"), first.token().id()), Status());
  for (const std::string& text : {first.text(), child.text()})
    EXPECT_EQ(ReasonOf(Me(Bearer(text)).status()), "TokenUnknown");
  EXPECT_TRUE(List(Named("alice")).empty());
  EXPECT_EQ(FieldsOf(Revoke(Named("alice"), "x")), std::vector<std::string>{"token_id"});
}

TEST_F(TokensTest, WeakToken_RevokesItselfAlone) {
  const std::string app = MakeApp(Named("alice")).id();
  const std::string other = Create(Named("alice"), NewToken(kRead)).value().token().id();
  for (const auto& in : {NewToken(kRead), NewToken(kDeploy), NewToken(kAdmin, {app})}) {
    const auto made = Create(Named("alice"), in).value();
    EXPECT_EQ(ReasonOf(Revoke(Bearer(made.text()), other)), "TokenScope");
    EXPECT_EQ(Revoke(Bearer(made.text()), made.token().id()), Status());
    EXPECT_FALSE(Me(Bearer(made.text())).ok());
  }
  EXPECT_EQ(Revoke(With(Named("alice"), kAdmin), other), Status());
}

TEST_F(TokensTest, Expiry_IsByTheClock) {
  const auto made = Create(Named("alice"), NewToken(kRead)).value();
  EXPECT_EQ(made.token().expires_at().seconds() - made.token().created_at().seconds(),
            90 * 24 * 3600);
  clock.Advance(90 * kDay - 1s);
  EXPECT_TRUE(Me(Bearer(made.text())).ok());
  clock.Advance(1s);
  const Status late = Me(Bearer(made.text())).status();
  EXPECT_EQ(late.code(), Code::kUnauthenticated);
  EXPECT_EQ(ReasonOf(late), "TokenExpired");
  ASSERT_EQ(List(Named("alice")).size(), 1u);
  EXPECT_TRUE(List(Named("alice"))[0].expired());
}

TEST_F(TokensTest, LastUse_IsNotedOnceAMinute) {
  const auto made = Create(Named("alice"), NewToken(kRead)).value();
  const Peer peer = Bearer(made.text());
  const auto used = [&] { return List(Named("alice"))[0].last_used_at().seconds(); };
  EXPECT_FALSE(List(Named("alice"))[0].has_last_used_at());
  ASSERT_TRUE(Me(peer).ok());
  const int64_t first = used();
  clock.Advance(59s);
  ASSERT_TRUE(Me(peer).ok());
  EXPECT_EQ(used(), first);
  clock.Advance(2s);
  ASSERT_TRUE(Me(peer).ok());
  EXPECT_EQ(used(), first + 61);
}

TEST_F(TokensTest, Days_AreBoundedByTheConfiguration) {
  auto in = NewToken(kRead);
  in.set_days(366);
  EXPECT_EQ(FieldsOf(Create(Root(), in).status()), std::vector<std::string>{"days"});
  in.set_days(-1);
  EXPECT_EQ(FieldsOf(Create(Root(), in).status()), std::vector<std::string>{"days"});
  in.set_days(365);
  EXPECT_TRUE(Create(Root(), in).ok());
  in.set_days(0);
  in.set_never_expires(true);
  EXPECT_EQ(FieldsOf(Create(Root(), in).status()), std::vector<std::string>{"never_expires"});
  Settings settings = MakeSettings();
  settings.identity.token_days = 7;
  RemakeDispatcher(settings);
  const auto shortest = Create(Root(), NewToken(kRead)).value().token();
  EXPECT_EQ(shortest.expires_at().seconds() - shortest.created_at().seconds(), 7 * 24 * 3600);
  settings.identity.token_days = 0;
  RemakeDispatcher(settings);
  const auto forever = Create(Root(), in).value();
  EXPECT_FALSE(forever.token().has_expires_at());
  clock.Advance(3650 * kDay);
  EXPECT_TRUE(Me(Bearer(forever.text())).ok());
  in.set_days(1);
  EXPECT_EQ(FieldsOf(Create(Root(), in).status()), std::vector<std::string>{"days"});
}

TEST_F(TokensTest, MadeWithAToken_IsNoStrongerAndLivesNoLonger) {
  const Peer read = With(Named("alice"), kRead), deploy = With(Named("alice"), kDeploy);
  for (const Peer& peer : {read, deploy})
    EXPECT_EQ(ReasonOf(Create(peer, NewToken(kRead)).status()), "TokenScope");
  auto in = NewToken(kAdmin);
  in.set_days(10);
  const auto parent = Create(Named("alice"), in).value();
  const auto child = Create(Bearer(parent.text()), NewToken(kAdmin)).value();
  EXPECT_EQ(child.token().expires_at().seconds(), parent.token().expires_at().seconds());
  in.set_days(11);
  EXPECT_EQ(FieldsOf(Create(Bearer(parent.text()), in).status()), std::vector<std::string>{"days"});
  in.set_days(9);
  EXPECT_TRUE(Create(Bearer(parent.text()), in).ok());
}

TEST_F(TokensTest, ForAnotherUser_IsForAdminsWithoutAToken) {
  auto in = NewToken(kDeploy);
  in.set_user("robot");
  EXPECT_EQ(Create(Named("alice"), in).status().code(), Code::kDenied);
  EXPECT_EQ(FieldsOf(Create(With(Root(), kAdmin), in).status()), std::vector<std::string>{"user"});
  EXPECT_EQ(Me(Bearer(Create(Root(), in).value().text())).value().name(), "robot");
  EXPECT_EQ(List(Named("Robot")).size(), 1u);
}

TEST_F(TokensTest, BadRequests_NameEveryField) {
  own_pb::CreateTokenRequest in;
  in.add_application_ids("x");
  in.add_application_ids(std::string(22, '0'));
  in.set_days(1000);
  EXPECT_EQ(FieldsOf(Create(Root(), in).status()),
            (std::vector<std::string>{"name", "scope", "application_ids[0]", "application_ids[1]",
                                      "days"}));
  in = NewToken(kRead);
  for (int i = 0; i < 101; ++i) in.add_application_ids("x");
  EXPECT_EQ(FieldsOf(Create(Root(), in).status()), std::vector<std::string>{"application_ids"});
}

TEST_F(TokensTest, Hundred_AreEnough) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Create(Named("alice"), NewToken(kRead)).ok());
  EXPECT_EQ(ReasonOf(Create(Named("alice"), NewToken(kRead)).status()), "TooManyTokens");
  EXPECT_TRUE(Create(Named("bob"), NewToken(kRead)).ok());
  clock.Advance(91 * kDay);
  EXPECT_TRUE(Create(Named("alice"), NewToken(kRead)).ok()) << "those have expired";
}

TEST_F(TokensTest, RevokedToken_EndsItsStreamWithinHalfAMinute) {
  const std::string app = MakeApp(Named("alice")).id();
  const BuildId build = AddBuild(app);
  const auto made = Create(Named("alice"), NewToken(kRead)).value();
  own_pb::ReadBuildLogRequest in;
  in.set_build_id(build.str());
  auto stream =
      dispatcher->Open({}, Bearer(made.text()), std::string(kPlatformService) + "FollowBuildLog",
                       in.SerializeAsString());
  ASSERT_TRUE(stream.ok()) << stream.status().ToString();
  clock.Advance(31s);
  ASSERT_TRUE((*stream)->Next({}).ok()) << "it holds";
  ASSERT_EQ(Revoke(Named("alice"), made.token().id()), Status());
  clock.Advance(31s);
  const Status ended = (*stream)->Next({}).status();
  EXPECT_EQ(ended.code(), Code::kUnauthenticated);
  EXPECT_EQ(ReasonOf(ended), "TokenUnknown");
}

}  // namespace
}  // namespace ns::api
