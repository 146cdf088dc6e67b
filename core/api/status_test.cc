#include "api/api_world.h"
#include "plan/conditions.h"

namespace ns::api {
namespace {

class StatusTest : public ApiWorld {
 protected:
  void SetUp() override {
    app = MakeApp(Named("alice"));
    controller.id = HostId(std::string(22, 'c'));
    controller.plugins = {{"docker", "backend-docker", "ns.backend/1", "", true, true, "", "", ""}};
    ASSERT_TRUE(store.store().hosts.Beat(controller, std::chrono::hours(1)).ok());
  }
  own_pb::ApplicationStatus Get(const Peer& peer) {
    own_pb::ApplicationStatusRequest in;
    in.set_application_id(app.id());
    return Own<own_pb::ApplicationStatus>(peer, "GetApplicationStatus", in).value();
  }
  void SetConditions(model::Subject subject, const std::string& id, const char* type, bool ok,
                     const char* reason, const char* message) {
    ASSERT_TRUE(
        store.store()
            .events
            .SetConditions(subject, id, {{type, ok, reason, message, kNever, kNever, kNever}})
            .ok());
  }
  api_pb::Application app;
  model::Host controller;  // loads the backend
};

TEST_F(StatusTest, Fresh_IsBuildingWithItsUrl) {
  ASSERT_TRUE(Call(Named("alice"), "StartApplication", OfApp(app.id())).ok());
  const auto status = Get(Named("alice"));
  EXPECT_EQ(status.state(), own_pb::ApplicationStatus::BUILDING);
  EXPECT_FALSE(status.settled());
  EXPECT_EQ(status.wanted_commit(), kCommitA);
  ASSERT_EQ(status.urls_size(), 1);
  EXPECT_EQ(status.urls(0), "http://shop.apps.test:8080/");
  EXPECT_FALSE(status.has_latest_build());
  EXPECT_FALSE(status.has_last_deploy());
}

TEST_F(StatusTest, Conditions_AreForOwners) {
  SetConditions(model::Subject::kApplication, app.id(), "Source", true, "RefResolved",
                "main is there");
  const auto status = Get(Named("alice"));
  ASSERT_EQ(status.conditions_size(), 1);
  EXPECT_EQ(status.conditions(0).reason(), "RefResolved");
  EXPECT_GT(status.conditions(0).since().seconds(), 0);
  EXPECT_EQ(Get(Named("bob")).conditions_size(), 0);
  EXPECT_EQ(Get(Root()).conditions_size(), 1);
}

TEST_F(StatusTest, QueuedWithoutABuilder_SaysSo) {
  ASSERT_TRUE(Call(Named("alice"), "StartApplication", OfApp(app.id())).ok());
  const BuildId id = AddBuild(app.id());
  ASSERT_EQ(Get(Named("alice")).conditions_size(), 1);
  EXPECT_EQ(Get(Named("alice")).conditions(0).reason(), "BuilderMissing");
  own_pb::BuildStatusRequest in;
  in.set_build_id(id.str());
  auto build = Own<own_pb::BuildStatus>(Named("alice"), "GetBuildStatus", in).value();
  EXPECT_EQ(build.conditions(0).reason(), "BuilderMissing");
  EXPECT_EQ(build.build().status(), "QUEUED");
  Claim(id);
  build = Own<own_pb::BuildStatus>(Named("alice"), "GetBuildStatus", in).value();
  EXPECT_EQ(build.conditions(0).reason(), "Building");
  EXPECT_EQ(build.conditions(0).next_look().seconds(), build.conditions(0).since().seconds() + 15);
  EXPECT_EQ(Own(Named("bob"), "GetBuildStatus", in).status().code(), Code::kDenied);
}

TEST_F(StatusTest, NoHostThatLoadsTheBackend_IsSaidWithSinceWhen) {
  ASSERT_TRUE(store.store().deploys.Take(AppId(app.id()), controller.id, {"docker"}).ok());
  ASSERT_TRUE(store.store().hosts.Beat(controller, std::chrono::seconds(15)).ok());
  const Time lost = clock.Now() + std::chrono::seconds(15);
  EXPECT_EQ(Get(Named("alice")).conditions_size(), 0);
  clock.Advance(std::chrono::seconds(40));
  const auto status = Get(Named("alice"));
  ASSERT_EQ(status.conditions_size(), 1);
  EXPECT_EQ(status.conditions(0).type(), "Host");
  EXPECT_EQ(status.conditions(0).reason(), "NobodyActs");
  EXPECT_EQ(status.conditions(0).since().seconds(),
            std::chrono::duration_cast<std::chrono::seconds>(lost.time_since_epoch()).count());
}

TEST_F(StatusTest, Explanation_NamesTheCauseForOwners) {
  ASSERT_TRUE(Call(Named("alice"), "StartApplication", OfApp(app.id())).ok());
  own_pb::ExplainApplicationRequest in;
  in.set_application_id(app.id());
  const auto why = Own<own_pb::Explanation>(Named("alice"), "ExplainApplication", in).value();
  ASSERT_EQ(why.links_size(), 9) << "its repository was not fetched yet";
  EXPECT_EQ(why.links(0).name(), "desired");
  EXPECT_EQ(why.links(0).is(), "running");
  EXPECT_EQ(why.links(2).name(), "build");
  EXPECT_TRUE(why.links(2).cause());
  EXPECT_EQ(why.links(2).reason(), "NeverBuilt");
  EXPECT_EQ(Own(Named("bob"), "ExplainApplication", in).status().code(), Code::kDenied);
}

TEST_F(StatusTest, UnreadableRepository_IsAFaultOfTheSource) {
  SetConditions(model::Subject::kApplication, app.id(), "Source", true, "RefResolved",
                "main is there");
  SetConditions(model::Subject::kRepository, app.repository_id(), "Fetch", false, "RemoteTimeout",
                "git.test took too long");
  const auto status = Get(Named("alice"));
  ASSERT_EQ(status.conditions_size(), 1);
  EXPECT_EQ(status.conditions(0).type(), "Source");
  EXPECT_FALSE(status.conditions(0).ok());
  EXPECT_EQ(status.conditions(0).reason(), "RemoteTimeout");
  own_pb::RepositoryStatusRequest in;
  in.set_repository_id(app.repository_id());
  const auto repository =
      Own<own_pb::RepositoryStatus>(Named("bob"), "GetRepositoryStatus", in).value();
  ASSERT_EQ(repository.conditions_size(), 1);
  EXPECT_EQ(repository.conditions(0).type(), "Fetch");
}

TEST_F(StatusTest, FailedBuild_IsShownWithItsFaultAndTimeline) {
  ASSERT_TRUE(Call(Named("alice"), "StartApplication", OfApp(app.id())).ok());
  const BuildId id = AddBuild(app.id());
  clock.Advance(std::chrono::seconds(3));
  const std::string token = Claim(id).lease.token;
  clock.Advance(std::chrono::seconds(4));
  Status outcome(Code::kInvalid, "CommandFailed", "make failed");
  outcome.SetFault(Fault::kSource);
  ASSERT_TRUE(
      store.store().builds.Settle(id, token, {model::BuildStatus::kFailed, outcome, {}, {}}).ok());
  const auto status = Get(Named("alice"));
  EXPECT_EQ(status.latest_build().status(), "FAILED");
  EXPECT_EQ(status.latest_build().reason(), "CommandFailed");
  EXPECT_EQ(status.latest_build().fault(), "source");
  ASSERT_EQ(status.last_deploy().phases_size(), 2);
  EXPECT_EQ(status.last_deploy().phases(0).name(), "queue");
  EXPECT_EQ(status.last_deploy().phases(0).seconds(), 3);
  EXPECT_EQ(status.last_deploy().phases(1).seconds(), 4);
  EXPECT_EQ(status.last_deploy().seconds(), 7);
  EXPECT_TRUE(status.last_deploy().finished());
  EXPECT_EQ(Get(Named("bob")).latest_build().message(), "");
}

TEST_F(StatusTest, BackendThatOnlyTellsTheEnd_GivesNoTimeline) {
  model::Target next;
  ASSERT_TRUE(store.store().deploys.SetTarget(AppId(app.id()), 0, next, std::nullopt).ok());
  model::ObservedApp seen;
  seen.id = AppId(app.id());
  seen.fence.generation = 1;
  seen.phases = {{"done", clock.Now()}};
  ASSERT_TRUE(store.store().deploys.SaveObserved(seen, {}).ok());
  EXPECT_FALSE(Get(Named("alice")).has_last_deploy());
}

TEST_F(StatusTest, Releases_AreListedNewestFirst) {
  own_pb::ListReleasesRequest in;
  in.set_application_id(app.id());
  for (int i = 0; i < 2; ++i) {
    model::Release release;
    release.id = ReleaseId::New(random);
    release.app = AppId(app.id());
    release.commit = i == 0 ? kCommitA : kCommitB;
    model::Target next;
    next.release = release.id;
    ASSERT_TRUE(store.store().deploys.SetTarget(release.app, i, next, release).ok());
  }
  const auto releases =
      Own<own_pb::ListReleasesResponse>(Named("alice"), "ListReleases", in).value();
  ASSERT_EQ(releases.releases_size(), 2);
  EXPECT_EQ(releases.releases(0).commit(), kCommitB);
  EXPECT_TRUE(releases.releases(0).current());
  EXPECT_FALSE(releases.releases(1).current());
  in.set_limit(201);
  EXPECT_EQ(FieldsOf(Own(Named("alice"), "ListReleases", in).status()),
            std::vector<std::string>{"limit"});
  EXPECT_EQ(Own(Named("bob"), "ListReleases", in).status().code(), Code::kDenied);
}

}  // namespace
}  // namespace ns::api
