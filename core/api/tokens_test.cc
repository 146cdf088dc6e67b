#include "api/tokens_world.h"
#include "model/token_text.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;
constexpr auto kDay = std::chrono::hours(24);

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

TEST_F(TokensTest, Revoked_EndsAtOnceWithThoseMadeWithIt) {
  const auto first = Create(Named("alice"), NewToken(kAdmin)).value();
  const auto child = Create(Bearer(first.text()), NewToken(kAdmin)).value();
  EXPECT_EQ(child.token().parent_id(), first.token().id());
  EXPECT_TRUE(Me(Bearer(child.text())).ok());
  EXPECT_EQ(Revoke(Named("bob"), first.token().id()).code(), Code::kNotFound);
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
  Settings settings = TestSettings();
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

TEST_F(TokensTest, Admins_ListAndRevokeThoseOfOthers) {
  const auto of_others = [&](const Peer& peer, const std::string& user) {
    own_pb::ListUserTokensRequest in;
    in.set_user(user);
    return Tokens<own_pb::ListTokensResponse>(peer, "ListUserTokens", in);
  };
  const auto made = Create(Named("alice"), NewToken(kDeploy)).value();
  const auto listed = of_others(Root(), "Alice").value();
  ASSERT_EQ(listed.tokens_size(), 1);
  EXPECT_EQ(listed.tokens(0).SerializeAsString(), made.token().SerializeAsString());
  EXPECT_EQ(of_others(Root(), "nobody").status().code(), Code::kNotFound);
  EXPECT_EQ(FieldsOf(of_others(Root(), "").status()), std::vector<std::string>{"user"});
  EXPECT_EQ(of_others(Named("bob"), "alice").status().code(), Code::kDenied);
  EXPECT_EQ(of_others(With(Root(), kDeploy), "alice").status().code(), Code::kDenied);

  EXPECT_EQ(ReasonOf(Revoke(With(Root(), kDeploy), made.token().id())), "TokenScope");
  EXPECT_EQ(Revoke(With(Root(), kAdmin), made.token().id()), Status());
  EXPECT_EQ(ReasonOf(Me(Bearer(made.text())).status()), "TokenUnknown");
  EXPECT_EQ(Revoke(Root(), made.token().id()).code(), Code::kNotFound);
  ports::AuditQuery query;
  query.all = true;
  query.object = made.token().id();
  query.method = "RevokeToken";
  const auto told = store.store().audit.List(query).value();
  ASSERT_EQ(told.size(), 3u) << "those that were refused are told of too";
  EXPECT_EQ(told[1].code, Code::kOk);
  EXPECT_EQ(told[1].user_name, "root@local");
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
