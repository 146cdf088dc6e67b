#include "api/callers.h"

#include "api/api_world.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "ports/faults/counting_plan.h"
#include "ports/testing/store_with.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;

class CallersTest : public ApiWorld {
 protected:
  ~CallersTest() override { RemakeDispatcher(TestSettings()); }  // on a store that outlives it

  static Peer Bearer(const std::string& text) {
    return {false, 0, 0, "203.0.113.9", {{"authorization", "Bearer " + text}}};
  }
  own_pb::CreateTokenResponse MakeToken(own_pb::TokenScope scope) {
    own_pb::CreateTokenRequest in;
    in.set_name("ci");
    in.set_scope(scope);
    in.set_days(1);
    return Parsed<own_pb::CreateTokenResponse>(
               Raw(Named("alice"), "neoshowcase.platform.v1.TokenService/CreateToken",
                   in.SerializeAsString()))
        .value();
  }
  Result<api_pb::User> Me(const Peer& peer) { return Call<api_pb::User>(peer, "GetMe", Empty()); }
  UserId Alice() { return store.store().users.Ensure("alice", false).value().id; }
  // As another process does, of which this one is not told.
  void RevokeElsewhere(const own_pb::CreateTokenResponse& made) {
    ASSERT_TRUE(store.store().tokens.Revoke(TokenId(made.token().id()), Alice()).ok());
  }

  ports::CountingPlan plan;
  ports::FaultyStore counted{store.store(), plan};
};

TEST_F(CallersTest, WhoCallsAgainAndAgain_IsLookedUpOnceASecond) {
  const auto made = MakeToken(own_pb::TOKEN_SCOPE_READ);
  RemakeDispatcher(TestSettings(), counted.Ports());
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(Me(Named("alice")).value().name(), "alice");
    ASSERT_EQ(Me(Bearer(made.text())).value().name(), "alice");
  }
  EXPECT_EQ(plan.calls["UserStore.Ensure"], 1);
  EXPECT_EQ(plan.calls["TokenStore.Find"], 1);
  EXPECT_EQ(plan.calls["UserStore.Get"], 1);
  EXPECT_EQ(plan.calls["TokenStore.NoteUse"], 1);
  clock.Advance(1s);
  ASSERT_TRUE(Me(Named("alice")).ok());
  ASSERT_TRUE(Me(Bearer(made.text())).ok());
  EXPECT_EQ(plan.calls["UserStore.Ensure"], 2);
  EXPECT_EQ(plan.calls["TokenStore.Find"], 2);
}

TEST_F(CallersTest, RightsTakenAwayElsewhere_AreGoneWithinASecond) {
  const auto made = MakeToken(own_pb::TOKEN_SCOPE_ADMIN);
  const Peer bearer = Bearer(made.text());
  const UserId alice = Alice();
  ASSERT_TRUE(store.store().admins.Grant(alice, "root@local").ok());
  ASSERT_TRUE(Me(bearer)->admin());
  ASSERT_TRUE(store.store().admins.Withdraw(alice).ok());
  clock.Advance(1s);
  EXPECT_FALSE(Me(bearer)->admin());
  RevokeElsewhere(made);
  clock.Advance(1s);
  EXPECT_EQ(Me(bearer).status().reason(), "TokenUnknown");
}

TEST_F(CallersTest, TokenThatRunsOut_IsKeptNoLonger) {
  const auto made = MakeToken(own_pb::TOKEN_SCOPE_READ);
  clock.Advance(24h - 500ms);
  ASSERT_TRUE(Me(Bearer(made.text())).ok());
  clock.Advance(499ms);
  ASSERT_TRUE(Me(Bearer(made.text())).ok());
  clock.Advance(1ms);
  EXPECT_FALSE(Me(Bearer(made.text())).ok());
}

TEST_F(CallersTest, WhatWritesOrGoesOn_IsLetInByTheStoreAlone) {
  const auto app = MakeApp(Named("alice"));
  const BuildId build = AddBuild(app.id());
  const auto made = MakeToken(own_pb::TOKEN_SCOPE_ADMIN);
  const Peer bearer = Bearer(made.text());
  ASSERT_TRUE(Me(bearer).ok());
  RevokeElsewhere(made);
  EXPECT_TRUE(Me(bearer).ok()) << "as it was a moment ago";
  own_pb::ReadBuildLogRequest in;
  in.set_build_id(build.str());
  EXPECT_EQ(dispatcher
                ->Open({}, bearer, std::string(kPlatformService) + "FollowBuildLog",
                       in.SerializeAsString())
                .status()
                .reason(),
            "TokenUnknown");
  EXPECT_EQ(Call(bearer, "StartApplication", OfApp(app.id())).status().reason(), "TokenUnknown");
}

TEST_F(CallersTest, WhoeverHasTheAnswerToAWrite_MeetsNobodyFromBefore) {
  const auto made = MakeToken(own_pb::TOKEN_SCOPE_READ);
  ASSERT_TRUE(Me(Bearer(made.text())).ok());
  own_pb::RevokeTokenRequest in;
  in.set_token_id(made.token().id());
  ASSERT_TRUE(Raw(Named("alice"), "neoshowcase.platform.v1.TokenService/RevokeToken",
                  in.SerializeAsString())
                  .ok());
  EXPECT_EQ(Me(Bearer(made.text())).status().reason(), "TokenUnknown");
}

TEST_F(CallersTest, WritesOfStrangers_MakeNobodyBeLookedUpAgain) {
  RemakeDispatcher(TestSettings(), counted.Ports());
  const std::string create = std::string(kApiService) + "CreateApplication";
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Me(Named("alice")).value().name(), "alice");
    ASSERT_EQ(Raw({false, 0, 0, "203.0.113.9", {}}, create, "").status().reason(), "NoIdentity");
    ASSERT_EQ(Raw(Bearer("nst_no"), create, "").status().reason(), "BadToken");
  }
  EXPECT_EQ(plan.calls["UserStore.Ensure"], 1);
  ASSERT_FALSE(Raw(Named("bob"), create, "").ok());
  ASSERT_TRUE(Me(Named("alice")).ok());
  EXPECT_EQ(plan.calls["UserStore.Ensure"], 3) << "a known caller's may have changed something";
}

// Runs something after the store has answered, before the answer is looked at.
class LateUsers final : public ports::UserStore {
 public:
  explicit LateUsers(ports::UserStore& inner) : inner_(inner) {}
  Result<model::User> Ensure(const std::string& name, bool admin) override {
    ++asked;
    auto user = inner_.Ensure(name, admin);
    if (after) std::exchange(after, nullptr)();
    return user;
  }
  Result<model::User> Get(const UserId& id) override { return inner_.Get(id); }
  Result<std::vector<model::User>> List() override { return inner_.List(); }
  Status SaveKey(const model::SshKey& key) override { return inner_.SaveKey(key); }
  Result<model::SshKey> Key(const KeyId& id, const UserId& user) override {
    return inner_.Key(id, user);
  }
  int asked = 0;
  std::function<void()> after;

 private:
  ports::UserStore& inner_;
};

TEST_F(CallersTest, WhatWasReadBeforeAChange_IsNotKept) {
  LateUsers users(store.store().users);
  const IdentitySettings settings = TestSettings().identity;
  Callers callers(ports::testing::With(store.store(), {.users = &users}), settings, clock);
  const UserId alice = store.store().users.Ensure("alice", false)->id;
  ASSERT_TRUE(store.store().admins.Grant(alice, "root@local").ok());
  users.after = [&] {
    ASSERT_TRUE(store.store().admins.Withdraw(alice).ok());
    callers.Forget();
  };
  EXPECT_TRUE(callers.Recognise({.name = "alice"})->user.admin) << "it began before";
  EXPECT_FALSE(callers.Recognise({.name = "alice"})->user.admin);
  EXPECT_EQ(users.asked, 2);
}

TEST_F(CallersTest, WhoCalledAMomentAgo_IsToldOfThemselvesAtOnce) {
  RemakeDispatcher(TestSettings(), counted.Ports());
  const auto at_once = [&](const std::string& method, const std::string& message = "") {
    return dispatcher->AnswerAtOnce({}, Named("alice"), kApiService + method, message);
  };
  EXPECT_FALSE(at_once("GetMe")) << "nobody has called yet";
  EXPECT_TRUE(plan.calls.empty());
  const api_pb::User alice = Me(Named("alice")).value();
  plan.calls.clear();
  for (int i = 0; i < 1000; ++i) {
    const auto answer = at_once("GetMe");
    ASSERT_TRUE(answer);
    ASSERT_EQ(Parsed<api_pb::User>(*answer)->id(), alice.id());
  }
  EXPECT_EQ(at_once("GetMe", "\x0a")->status().reason(), "MalformedRequest");
  EXPECT_FALSE(at_once("GetApplications")) << "it asks the store";
  EXPECT_FALSE(at_once("Nope"));
  EXPECT_FALSE(dispatcher->AnswerAtOnce({}, Named(""), kApiService + std::string("GetMe"), ""));
  clock.Advance(1s);
  EXPECT_FALSE(at_once("GetMe"));
  EXPECT_TRUE(plan.calls.empty());
}

TEST_F(CallersTest, OneWhoComesAsAnAdmin_IsAnotherThanOneWhoDoesNot) {
  const IdentitySettings settings = TestSettings().identity;
  Callers callers(store.store(), settings, clock);
  EXPECT_TRUE(callers.Recognise({.name = "alice", .admin = true})->user.admin);
  EXPECT_FALSE(callers.Recognise({.name = "alice"})->user.admin);
}

TEST_F(CallersTest, Strangers_AreBounded) {
  LateUsers users(store.store().users);
  const IdentitySettings settings = TestSettings().identity;
  Callers callers(ports::testing::With(store.store(), {.users = &users}), settings, clock);
  for (int i = 0; i <= 4096; ++i)
    ASSERT_TRUE(callers.Recognise({.name = "user-" + std::to_string(i)}).ok());
  ASSERT_TRUE(callers.Recognise({.name = "user-0"}).ok());
  EXPECT_EQ(users.asked, 4098) << "those before were forgotten";
}

}  // namespace
}  // namespace ns::api
