// What a token allows: its scope, what it is limited to, and never more than its user may.
#include "api/callers.h"
#include "api/tokens_world.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;

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

}  // namespace
}  // namespace ns::api
