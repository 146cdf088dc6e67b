#include <gmock/gmock.h>

#include "api/api_world.h"
#include "plan/builds.h"
#include "plan/deploy.h"

namespace ns::api {
namespace {

using testing::ElementsAre;

class ReleasesTest : public ApiWorld {
 protected:
  void SetUp() override {
    app = MakeApp(Named("alice"));
    ASSERT_TRUE(Call(Named("alice"), "StartApplication", OfApp(app.id())).ok());
  }
  // What the loops do once a build of `commit` has succeeded; a pinned application stays.
  ReleaseId Deploy(const std::string& commit) {
    EXPECT_TRUE(store.store()
                    .repositories
                    .SetCommits(RepositoryId(app.repository_id()), {{Id(), "main", commit}}, {})
                    .ok());
    if (const auto wanted = plan::DecideBuild(Snapshot(), TestSettings().plan_key).build)
      Build(*wanted);
    return Retarget();
  }
  ReleaseId Retarget() {
    const auto snapshot = Snapshot();
    auto retarget = plan::DecideTarget(snapshot, TestSettings().plan_key);
    if (!retarget) return snapshot.app.target.release;
    if (retarget->release) retarget->release->id = retarget->next.release = ReleaseId::New(random);
    return store.store()
        .deploys.SetTarget(Id(), snapshot.app.target.generation, retarget->next, retarget->release)
        ->release;
  }
  void Build(model::Build build) {
    build.id = BuildId::New(random);
    ASSERT_TRUE(store.store().builds.Register(build, {}, {}).ok());
    model::BuildResult result;
    result.status = model::BuildStatus::kSucceeded;
    result.image = {"r/app:1", "sha256:" + build.commit, 1};
    ASSERT_TRUE(store.store().builds.Settle(build.id, Claim(build.id).lease.token, result).ok());
  }
  void SetEnv(const char* value) {
    own_pb::SetEnvRequest in;
    in.set_application_id(app.id());
    in.set_key("MODE");
    in.set_value(value);
    ASSERT_TRUE(Own(Named("alice"), "SetEnv", in).ok());
  }
  Result<own_pb::RollbackResponse> Rollback(const std::string& release = "",
                                            const char* who = "alice") {
    own_pb::RollbackRequest in;
    in.set_application_id(app.id());
    in.set_release_id(release);
    return Own<own_pb::RollbackResponse>(Named(who), "Rollback", in);
  }
  Result<own_pb::UnpinResponse> Unpin(const char* who = "alice") {
    own_pb::UnpinRequest in;
    in.set_application_id(app.id());
    return Own<own_pb::UnpinResponse>(Named(who), "Unpin", in);
  }
  own_pb::ApplicationStatus Look() {
    own_pb::ApplicationStatusRequest in;
    in.set_application_id(app.id());
    return Own<own_pb::ApplicationStatus>(Named("alice"), "GetApplicationStatus", in).value();
  }
  AppId Id() const { return AppId(app.id()); }
  model::AppSnapshot Snapshot() { return store.store().deploys.Snapshot(Id()).value(); }
  void Condemn(const ReleaseId& release) {
    const BuildId build = store.store().deploys.Release(Id(), release)->build;
    ASSERT_TRUE(store.store().retention.CondemnImages(Id(), {build}).ok());
  }

  api_pb::Application app;
};

TEST_F(ReleasesTest, Rollback_GoesToTheReleaseBefore_WithoutABuild) {
  const ReleaseId first = Deploy(kCommitA), second = Deploy(kCommitB);
  const auto back = Rollback().value();
  EXPECT_EQ(back.release().id(), first.str());
  EXPECT_TRUE(back.release().pinned());
  EXPECT_FALSE(back.release().current()) << "not yet";
  EXPECT_EQ(back.before().id(), second.str());
  EXPECT_EQ(Retarget(), first);
  EXPECT_EQ(Snapshot().builds.size(), 2U);
  EXPECT_FALSE(plan::DecideBuild(Snapshot(), TestSettings().plan_key).build);
}

TEST_F(ReleasesTest, Pinned_StaysUntilItIsUnpinned) {
  const ReleaseId first = Deploy(kCommitA);
  Deploy(kCommitB);
  ASSERT_TRUE(Rollback().ok());
  Retarget();
  const std::string commit(40, 'c');
  EXPECT_EQ(Deploy(commit), first) << "what is pushed is built, and waits";
  EXPECT_EQ(Snapshot().builds.front().commit, commit);
  EXPECT_EQ(Look().pin().release_id(), first.str());
  EXPECT_EQ(Look().pin().commit(), kCommitA);
  EXPECT_TRUE(Look().pin().holds_back());
  EXPECT_TRUE(Unpin()->was_pinned());
  EXPECT_FALSE(Look().has_pin());
  Retarget();
  EXPECT_EQ(Snapshot().release->commit, commit);
  EXPECT_FALSE(Unpin()->was_pinned()) << "once more changes nothing";
}

TEST_F(ReleasesTest, RefBackToAnOlderCommit_DeploysItsBuildAgain) {
  Deploy(kCommitA);
  const BuildId first = Snapshot().release->build;
  Deploy(kCommitB);
  Deploy(kCommitA);
  EXPECT_EQ(Snapshot().release->build, first);
  EXPECT_EQ(Snapshot().builds.size(), 2U);
}

TEST_F(ReleasesTest, Rollback_OfASetting_TakesItBack) {
  SetEnv("old");
  const ReleaseId first = Deploy(kCommitA);
  SetEnv("new");
  ASSERT_NE(Retarget(), first);
  ASSERT_EQ(Rollback()->release().id(), first.str());
  Retarget();
  EXPECT_EQ(Snapshot().release->env.front().value.Reveal(), "old");
  EXPECT_TRUE(Look().pin().holds_back());
  SetEnv("old");
  EXPECT_FALSE(Look().pin().holds_back()) << "nothing waits any more";
}

TEST_F(ReleasesTest, Rollback_PassesOverWhatRunsTheSameAndWhatIsGone) {
  const ReleaseId first = Deploy(kCommitA), second = Deploy(kCommitB);
  ASSERT_TRUE(Rollback().ok());
  Retarget();
  ASSERT_TRUE(Unpin().ok());
  const ReleaseId third = Retarget();
  ASSERT_NE(third, second) << "a release of its own, which runs what the second ran";
  EXPECT_EQ(Rollback()->release().id(), first.str());
  ASSERT_TRUE(Unpin().ok());
  Condemn(first);
  const Status refused = Rollback().status();
  EXPECT_EQ(refused.code(), Code::kPrecondition);
  EXPECT_EQ(refused.reason(), "NoOlderRelease");
  EXPECT_THAT(FieldsOf(refused), ElementsAre("release_id"));
}

TEST_F(ReleasesTest, Rollback_ToANamedRelease_AlsoForward) {
  const ReleaseId first = Deploy(kCommitA), second = Deploy(kCommitB);
  ASSERT_TRUE(Rollback(first.str()).ok());
  Retarget();
  EXPECT_EQ(Rollback(second.str())->release().id(), second.str());
  EXPECT_EQ(Retarget(), second);
}

TEST_F(ReleasesTest, Rollback_ToWhatIsNotThere_IsRefusedWithTheField) {
  const Status nothing = Rollback().status();
  EXPECT_EQ(nothing.code(), Code::kPrecondition);
  EXPECT_EQ(nothing.reason(), "NoOlderRelease");
  const ReleaseId first = Deploy(kCommitA);
  EXPECT_EQ(Rollback().status().reason(), "NoOlderRelease") << "it is the only one";
  EXPECT_EQ(Rollback("nonsense").status().code(), Code::kInvalid);
  EXPECT_EQ(Rollback(std::string(22, '0')).status().code(), Code::kNotFound);
  EXPECT_THAT(FieldsOf(Rollback(std::string(22, '0')).status()), ElementsAre("release_id"));
  Deploy(kCommitB);
  Condemn(first);
  const Status gone = Rollback(first.str()).status();
  EXPECT_EQ(gone.code(), Code::kPrecondition);
  EXPECT_EQ(gone.reason(), "ImageGone");
  EXPECT_NE(gone.message().find(first.str()), std::string::npos);
  EXPECT_TRUE(Snapshot().app.pinned.empty());
}

TEST_F(ReleasesTest, OfAnotherApplication_IsNotFound) {
  Deploy(kCommitA);
  const ReleaseId foreign = Snapshot().app.target.release;
  app = Call<api_pb::Application>(Named("alice"), "CreateApplication",
                                  NewApp(app.repository_id(), "other.apps.test"))
            .value();
  EXPECT_EQ(Rollback(foreign.str()).status().code(), Code::kNotFound);
}

TEST_F(ReleasesTest, AreForOwners) {
  Deploy(kCommitA);
  EXPECT_EQ(Rollback("", "bob").status().code(), Code::kDenied);
  EXPECT_EQ(Unpin("bob").status().code(), Code::kDenied);
}

TEST_F(ReleasesTest, OfADeletedApplication_IsRefused) {
  Deploy(kCommitA);
  ASSERT_TRUE(Call(Named("alice"), "StopApplication", OfApp(app.id())).ok());
  ASSERT_TRUE(Call(Named("alice"), "DeleteApplication", OfApp(app.id())).ok());
  EXPECT_EQ(Rollback().status().reason(), "Deleting");
  EXPECT_EQ(Unpin().status().reason(), "Deleting");
}

TEST_F(ReleasesTest, List_TellsCurrentPinnedAndGone) {
  const ReleaseId first = Deploy(kCommitA), second = Deploy(kCommitB);
  const ReleaseId third = Deploy(std::string(40, 'c'));
  Condemn(first);
  ASSERT_TRUE(Rollback(second.str()).ok());
  own_pb::ListReleasesRequest in;
  in.set_application_id(app.id());
  const auto all = Own<own_pb::ListReleasesResponse>(Named("alice"), "ListReleases", in).value();
  ASSERT_EQ(all.releases_size(), 3);
  EXPECT_EQ(all.releases(0).id(), third.str());
  EXPECT_TRUE(all.releases(0).current());
  EXPECT_TRUE(all.releases(1).pinned());
  EXPECT_TRUE(all.releases(2).image_gone());
  EXPECT_FALSE(all.releases(1).image_gone() || all.releases(2).pinned());
}

}  // namespace
}  // namespace ns::api
