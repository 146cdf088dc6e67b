#include "api/builds_world.h"

namespace ns::api {
namespace {

using BuildsTest = BuildsWorld;

TEST_F(BuildsTest, Builds_AreNewestFirst) {
  clock.Advance(std::chrono::seconds(1));
  const BuildId newer = AddBuild(app, kCommitB);
  const auto builds =
      Call<api_pb::GetBuildsResponse>(Named("bob"), "GetBuilds", OfApp(app)).value();
  ASSERT_EQ(builds.builds_size(), 2);
  EXPECT_EQ(builds.builds(0).id(), newer.str());
  EXPECT_EQ(builds.builds(1).id(), build.str());
  EXPECT_EQ(builds.builds(1).commit(), kCommitA);
  EXPECT_FALSE(builds.builds(1).started_at().valid());
  EXPECT_TRUE(builds.builds(1).has_finished_at());
}

TEST_F(BuildsTest, Cancel_OfAQueuedBuild_EndsItOnce) {
  ASSERT_TRUE(Call(Named("alice"), "CancelBuild", OfBuild(build.str())).ok());
  EXPECT_EQ(Get().status(), api_pb::CANCELLED);
  EXPECT_EQ(Call(Named("alice"), "CancelBuild", OfBuild(build.str())).status().code(),
            Code::kPrecondition);
  EXPECT_EQ(Call(Named("bob"), "CancelBuild", OfBuild(build.str())).status().code(), Code::kDenied);
}

TEST_F(BuildsTest, Retry_MarksTheBuildsOfThatCommit) {
  const std::string token = Claim(build).lease.token;
  Settle(token, model::BuildStatus::kFailed);
  api_pb::RetryCommitBuildRequest in;
  in.set_application_id(app);
  in.set_commit(kCommitA);
  ASSERT_TRUE(Call(Named("alice"), "RetryCommitBuild", in).ok());
  EXPECT_TRUE(Get().retriable());
  in.set_commit(kCommitB);
  EXPECT_EQ(Call(Named("alice"), "RetryCommitBuild", in).status().code(), Code::kNotFound);
  in.set_commit("main");
  EXPECT_EQ(FieldsOf(Call(Named("alice"), "RetryCommitBuild", in).status()), Fields{"commit"});
  EXPECT_EQ(Call(Named("bob"), "RetryCommitBuild", in).status().code(), Code::kDenied);
}

TEST_F(BuildsTest, OfAnApplicationThatIsBeingDeleted_NothingIsChanged) {
  ASSERT_TRUE(Call(Named("alice"), "DeleteApplication", OfApp(app)).ok());
  const auto before = store.Events().size();
  const auto expect_refused = [&](const Status& refused) {
    EXPECT_EQ(refused.code(), Code::kPrecondition) << refused.ToString();
    EXPECT_EQ(refused.reason(), "Deleting");
  };
  expect_refused(Call(Named("alice"), "CancelBuild", OfBuild(build.str())).status());
  api_pb::RetryCommitBuildRequest in;
  in.set_application_id(app);
  in.set_commit(kCommitA);
  expect_refused(Call(Named("alice"), "RetryCommitBuild", in).status());
  EXPECT_EQ(store.Events().size(), before);
}

TEST_F(BuildsTest, Image_OfASucceededBuild_IsShown) {
  const std::string token = Claim(build).lease.token;
  ASSERT_TRUE(
      store.store()
          .builds
          .Settle(build, token,
                  {model::BuildStatus::kSucceeded, Status(), {"r:5000/a:b-1", "sha256:1", 77}, {}})
          .ok());
  EXPECT_EQ(Get().runtime_image().size(), 77);
  EXPECT_EQ(Get().runtime_image().build_id(), build.str());
  EXPECT_TRUE(Get().finished_at().valid());
}

// What everybody has built, as far as one may see it.
class AllBuildsTest : public BuildsWorld {
 protected:
  static api_pb::GetAllBuildsRequest Page(int page, int limit) {
    api_pb::GetAllBuildsRequest in;
    in.set_page(page);
    in.set_limit(limit);
    return in;
  }
  Fields All(const Peer& peer, int page = 0, int limit = 0) {
    Fields ids;
    const auto builds =
        Call<api_pb::GetBuildsResponse>(peer, "GetAllBuilds", Page(page, limit)).value();
    for (const auto& one : builds.builds()) ids.push_back(one.id());
    return ids;
  }
  Fields Refusal(int page, int limit) {
    const Status status = Call(Named("bob"), "GetAllBuilds", Page(page, limit)).status();
    EXPECT_EQ(status.code(), Code::kInvalid);
    return FieldsOf(status);
  }
};

TEST_F(AllBuildsTest, OwnAndPublicOnes_AreShownToUsersAndAllToAdmins) {
  const std::string hidden =
      Call<api_pb::Application>(Named("alice"), "CreateApplication",
                                NewApp(MakePrivateRepository(Named("alice")), "b.apps.test"))
          .value()
          .id();
  const std::string second = AddBuild(hidden).str();
  EXPECT_EQ(All(Named("alice")), (Fields{second, build.str()}));
  EXPECT_EQ(All(Named("bob")), Fields{build.str()});
  EXPECT_EQ(All(Root()), (Fields{second, build.str()}));
}

TEST_F(AllBuildsTest, Pages_AreNewestFirstAndBounded) {
  Fields ids = {build.str()};
  for (int i = 0; i < 51; ++i) ids.insert(ids.begin(), AddBuild(app).str());
  EXPECT_EQ(All(Named("bob")), Fields(ids.begin(), ids.begin() + 50))
      << "50 where none is asked for";
  EXPECT_EQ(All(Named("bob"), 1), Fields(ids.begin() + 50, ids.end()));
  EXPECT_EQ(All(Named("bob"), 2, 10), Fields(ids.begin() + 20, ids.begin() + 30));
  EXPECT_EQ(All(Named("bob"), 0, 200), ids);
  EXPECT_EQ(All(Named("bob"), 2147483647, 200), Fields());
  EXPECT_EQ(Refusal(-1, 10), Fields{"page"});
  EXPECT_EQ(Refusal(0, -1), Fields{"limit"});
  EXPECT_EQ(Refusal(-1, 201), (Fields{"page", "limit"}));
}

}  // namespace
}  // namespace ns::api
