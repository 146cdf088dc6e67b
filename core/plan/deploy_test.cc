#include "plan/deploy.h"

#include <gtest/gtest.h>

#include "model/site.h"
#include "plan/conditions.h"
#include "plan/test_snapshots.h"

namespace ns::plan {
namespace {

using model::BuildStatus;
using model::DesiredState;
using testing::BuildOf;
using testing::FreshApp;
using testing::IdOf;
using testing::kCommitA;
using testing::kCommitB;
using testing::kKey;

// What the store does with a decision.
void Store(model::AppSnapshot& snapshot, const Retarget& retarget) {
  snapshot.app.target = retarget.next;
  ++snapshot.app.target.generation;
  if (!retarget.release) return;
  snapshot.release = retarget.release;
  snapshot.release->id = IdOf<ReleaseId>(static_cast<int>(snapshot.app.target.generation));
  snapshot.app.target.release = snapshot.release->id;
}

model::AppSnapshot Deployed() {
  model::AppSnapshot snapshot = FreshApp();
  snapshot.builds = {BuildOf(snapshot, 1, kCommitA, BuildStatus::kSucceeded)};
  Store(snapshot, *DecideTarget(snapshot, kKey));
  return snapshot;
}

TEST(DecideTarget, ConvergedTarget_DecidesNothing) {
  EXPECT_FALSE(DecideTarget(Deployed(), kKey));
  model::AppSnapshot fresh = FreshApp();
  Store(fresh, *DecideTarget(fresh, kKey));  // routes to the page
  EXPECT_FALSE(DecideTarget(fresh, kKey));
}

TEST(DecideTarget, SucceededBuild_IsReleased) {
  const model::AppSnapshot snapshot = Deployed();
  EXPECT_EQ(snapshot.app.target.state, DesiredState::kRunning);
  EXPECT_EQ(snapshot.release->build, IdOf<BuildId>(1));
}

TEST(DecideTarget, FailedBuildOfANewCommit_KeepsTheRelease) {
  model::AppSnapshot snapshot = Deployed();
  snapshot.app.commit = kCommitB;
  snapshot.builds.insert(snapshot.builds.begin(),
                         BuildOf(snapshot, 2, kCommitB, BuildStatus::kFailed));
  EXPECT_FALSE(DecideTarget(snapshot, kKey));
}

TEST(DecideTarget, RefBackToABuiltCommit_DeploysThatBuild) {
  model::AppSnapshot snapshot = Deployed();
  snapshot.app.commit = kCommitB;
  snapshot.builds.insert(snapshot.builds.begin(),
                         BuildOf(snapshot, 2, kCommitB, BuildStatus::kSucceeded));
  Store(snapshot, *DecideTarget(snapshot, kKey));
  EXPECT_EQ(snapshot.release->build, IdOf<BuildId>(2));
  snapshot.app.commit = kCommitA;
  Store(snapshot, *DecideTarget(snapshot, kKey));
  EXPECT_EQ(snapshot.release->build, IdOf<BuildId>(1));
}

TEST(DecideTarget, EachEdit_ChangesItsKeyAlone) {
  const model::AppSnapshot base = Deployed();
  model::AppSnapshot snapshot = base;
  snapshot.app.name = "renamed";
  EXPECT_FALSE(DecideTarget(snapshot, kKey)) << "a rename changes nothing";

  snapshot.app.websites[0].fqdn = "new.example.com";
  auto out = DecideTarget(snapshot, kKey);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->next.run_key, base.app.target.run_key);
  EXPECT_NE(out->next.route_key, base.app.target.route_key);
  EXPECT_FALSE(out->release);

  snapshot = base;
  snapshot.app.env = {{"A", Secret("1"), model::EnvScope::kRun, false, false}};
  out = DecideTarget(snapshot, kKey);
  ASSERT_TRUE(out && out->release);
  EXPECT_NE(out->next.run_key, base.app.target.run_key);
  EXPECT_EQ(out->next.route_key, base.app.target.route_key);

  snapshot = base;
  ++snapshot.app.restart_nonce;
  ASSERT_TRUE(DecideTarget(snapshot, kKey));
  EXPECT_NE(DecideTarget(snapshot, kKey)->next.run_key, base.app.target.run_key);
}

TEST(DecideTarget, Stop_KeepsReleaseAndLeadsToThePage) {
  model::AppSnapshot snapshot = Deployed();
  snapshot.app.desired = DesiredState::kStopped;
  Store(snapshot, *DecideTarget(snapshot, kKey));
  EXPECT_EQ(snapshot.app.target.state, DesiredState::kStopped);
  EXPECT_EQ(PageReason(snapshot), "stopped");
  EXPECT_FALSE(snapshot.app.target.release.empty());
}

TEST(MakeDesired, CarriesFenceProbeAndRunScopeAlone) {
  model::AppSnapshot snapshot = Deployed();
  snapshot.app.env = {{"Z", Secret("1"), model::EnvScope::kRun, false, false},
                      {"B", Secret("2"), model::EnvScope::kBuild, false, false},
                      {"A", Secret("3"), model::EnvScope::kBoth, false, false}};
  EXPECT_TRUE(MakeDesired(snapshot, {})->processes[0].env.empty()) << "of the release, not of now";
  snapshot.builds[0].build_key = BuildKey(kKey, snapshot.app, snapshot.app.commit);
  Store(snapshot, *DecideTarget(snapshot, kKey));
  const auto desired = MakeDesired(snapshot, {3, "http://127.0.0.1:1"});
  ASSERT_TRUE(desired.ok());
  EXPECT_EQ(desired->fence, (model::Fence{3, 2}));
  ASSERT_EQ(desired->processes.size(), 1u);
  EXPECT_EQ(desired->processes[0].probe.port, 8080);
  ASSERT_EQ(desired->processes[0].env.size(), 2u);
  EXPECT_EQ(desired->processes[0].env[0].key, "A");
  snapshot.release->command = "run 'open";
  EXPECT_EQ(MakeDesired(snapshot, {}).status().code(), Code::kInvalid);
}

// A static site at its first release.
model::AppSnapshot Site() {
  model::AppSnapshot snapshot = FreshApp();
  snapshot.app.deploy_type = model::DeployType::kStatic;
  snapshot.app.env = {{"A", Secret("1"), model::EnvScope::kRun, false, false}};
  snapshot.app.run.command = "run";
  snapshot.builds = {BuildOf(snapshot, 1, kCommitA, BuildStatus::kSucceeded)};
  snapshot.builds[0].image =
      model::ArtifactOf(snapshot.app.id, snapshot.builds[0].id, 1, std::string(64, 'a'), 9);
  Store(snapshot, *DecideTarget(snapshot, kKey));
  return snapshot;
}

TEST(MakeDesired, Site_HasARouteAndNoProcess) {
  model::AppSnapshot snapshot = Site();
  EXPECT_EQ(snapshot.release->command, "") << "nothing of it runs";
  EXPECT_TRUE(snapshot.release->env.empty());
  snapshot.app.ports = {{30000, 80, model::Protocol::kTcp}};
  const auto desired = MakeDesired(snapshot, {3, "http://page", "http://sites"});
  ASSERT_TRUE(desired.ok());
  EXPECT_TRUE(desired->processes.empty());
  EXPECT_EQ(desired->site, (model::SiteRoute{"http://sites", snapshot.release->id}));
  EXPECT_EQ(desired->strategy, model::Strategy::kRolling);
  snapshot.app.desired = DesiredState::kStopped;
  Store(snapshot, *DecideTarget(snapshot, kKey));
  EXPECT_FALSE(MakeDesired(snapshot, {3, "http://page", "http://sites"})->site.has_value());
}

TEST(DecideTarget, SettingsOfARunThatThereIsNot_MakeNoReleaseOfASite) {
  model::AppSnapshot snapshot = Site();
  snapshot.app.run.command = "other";
  snapshot.builds[0].build_key = BuildKey(kKey, snapshot.app, snapshot.app.commit);
  EXPECT_FALSE(DecideTarget(snapshot, kKey).has_value());
}

TEST(SiteReady, WaitsForEveryHostAndSaysWhatAHostSays) {
  model::AppSnapshot snapshot = Site();
  EXPECT_EQ(SiteReady(snapshot).reason(), "SitePending");
  snapshot.site = model::SiteSpread{2, 1};
  EXPECT_EQ(SiteReady(snapshot).reason(), "SitePending");
  snapshot.conditions = {SiteCondition(Status(Code::kUnavailable, "DiskFull", "no room"), "h")};
  EXPECT_EQ(SiteReady(snapshot).reason(), "DiskFull");
  snapshot.site = model::SiteSpread{2, 2};
  EXPECT_TRUE(SiteReady(snapshot).ok());
}

// What `snapshot` would look like once its present release is pinned.
void Pin(model::AppSnapshot& snapshot) {
  snapshot.pinned = snapshot.release;
  snapshot.app.pinned = snapshot.release->id;
}

TEST(DecideTarget, Pinned_DoesNotMoveWhateverIsPushedBuiltOrSet) {
  model::AppSnapshot snapshot = Deployed();
  Pin(snapshot);
  const model::Target before = snapshot.app.target;
  snapshot.app.commit = kCommitB;
  snapshot.app.env = {{"A", Secret("1"), model::EnvScope::kRun, false, false}};
  snapshot.app.run.command = "other";
  snapshot.builds.insert(snapshot.builds.begin(),
                         BuildOf(snapshot, 2, kCommitB, model::BuildStatus::kSucceeded));
  EXPECT_FALSE(DecideTarget(snapshot, kKey));
  snapshot.app.restart_nonce = 1;
  const auto restarted = DecideTarget(snapshot, kKey);
  ASSERT_TRUE(restarted) << "a restart is no move";
  EXPECT_EQ(restarted->next.release, before.release);
  EXPECT_FALSE(restarted->release);
}

TEST(DecideTarget, Rollback_RunsTheOldReleaseWithItsOwnSettings) {
  model::AppSnapshot snapshot = Deployed();
  const model::Release old = *snapshot.release;
  snapshot.app.env = {{"A", Secret("1"), model::EnvScope::kRun, false, false}};
  Store(snapshot, *DecideTarget(snapshot, kKey));
  ASSERT_NE(snapshot.release->id, old.id);
  snapshot.pinned = old;
  snapshot.app.pinned = old.id;
  const auto back = DecideTarget(snapshot, kKey);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->next.release, old.id);
  EXPECT_FALSE(back->release) << "no new release";
  Store(snapshot, *back);
  snapshot.release = old;
  EXPECT_TRUE(MakeDesired(snapshot, {})->processes[0].env.empty());
}

TEST(PinHoldsBack, WhatIsPushedBuiltOrSetSince) {
  model::AppSnapshot snapshot = Deployed();
  EXPECT_FALSE(PinHoldsBack(snapshot, kKey)) << "not pinned";
  Pin(snapshot);
  EXPECT_FALSE(PinHoldsBack(snapshot, kKey));
  const model::AppSnapshot pinned = snapshot;
  snapshot.app.commit = kCommitB;
  EXPECT_TRUE(PinHoldsBack(snapshot, kKey)) << "before it is built";
  snapshot = pinned;
  snapshot.app.env = {{"A", Secret("1"), model::EnvScope::kRun, false, false}};
  EXPECT_TRUE(PinHoldsBack(snapshot, kKey));
  snapshot.app.env = {{"A", Secret("1"), model::EnvScope::kBuild, false, false}};
  EXPECT_TRUE(PinHoldsBack(snapshot, kKey)) << "another build";
  snapshot = pinned;
  snapshot.app.run.command = "other";
  EXPECT_TRUE(PinHoldsBack(snapshot, kKey));
  snapshot = pinned;
  snapshot.app.websites[0].path_prefix = "/x";
  snapshot.app.name = "another";
  EXPECT_FALSE(PinHoldsBack(snapshot, kKey)) << "routes follow the present, pinned or not";
}

TEST(DecideTarget, Unpinned_FollowsTheRefAgain) {
  model::AppSnapshot snapshot = Deployed();
  Pin(snapshot);
  snapshot.app.commit = kCommitB;
  snapshot.builds.insert(snapshot.builds.begin(),
                         BuildOf(snapshot, 2, kCommitB, model::BuildStatus::kSucceeded));
  snapshot.app.pinned = {};
  snapshot.pinned.reset();
  const auto moved = DecideTarget(snapshot, kKey);
  ASSERT_TRUE(moved);
  ASSERT_TRUE(moved->release);
  EXPECT_EQ(moved->release->commit, kCommitB);
}

TEST(DecideTarget, CondemnedImage_IsNotReleased) {
  model::AppSnapshot snapshot = Deployed();
  snapshot.app.commit = kCommitB;
  snapshot.builds.insert(snapshot.builds.begin(),
                         BuildOf(snapshot, 2, kCommitB, model::BuildStatus::kSucceeded));
  snapshot.builds[0].image_state = model::ImageState::kCondemned;
  EXPECT_FALSE(DecideTarget(snapshot, kKey));
}

TEST(Converged, AnyDifference_IsSeen) {
  const auto desired = MakeDesired(Deployed(), {0, ""}).value();
  model::ObservedApp observed;
  observed.converged = true;
  observed.fence = desired.fence;
  observed.state = desired.state;
  observed.route_key = desired.route_key;
  observed.serving_run_key = desired.run_key;
  EXPECT_TRUE(Converged(desired, observed));
  for (int i = 0; i < 5; ++i) {
    model::ObservedApp other = observed;
    if (i == 0) other.converged = false;
    if (i == 1) --other.fence.generation;
    if (i == 2) other.state = DesiredState::kStopped;
    if (i == 3) other.route_key = "x";
    if (i == 4) other.serving_run_key = "x";
    EXPECT_FALSE(Converged(desired, other)) << i;
  }
}

TEST(Conditions, QuarantineOfBuilds_IsNotOverwrittenWhileItIsSaid) {
  model::AppSnapshot snapshot = FreshApp();
  model::Condition stuck;
  stuck.type = "Build";
  stuck.reason = "Quarantined";
  stuck.next_look = snapshot.now + std::chrono::seconds(5);
  snapshot.conditions = {stuck};
  ASSERT_EQ(BuildConditions(snapshot).size(), 1u);
  EXPECT_EQ(BuildConditions(snapshot)[0].type, "Source");
  snapshot.now += std::chrono::minutes(5);
  EXPECT_EQ(BuildConditions(snapshot).size(), 2u);
}

TEST(Conditions, SayWhere_ItHangs) {
  model::AppSnapshot snapshot = FreshApp();
  snapshot.app.commit = model::kNoCommit;
  EXPECT_EQ(BuildConditions(snapshot).at(0).reason, "RefMissing");
  EXPECT_EQ(BuildConditions(snapshot).at(1).reason, "NeverBuilt");
  EXPECT_EQ(DeployCondition(snapshot, nullptr, Status()).reason, "NeverDeployed");

  snapshot = Deployed();
  snapshot.builds[0].status = BuildStatus::kFailed;
  snapshot.builds[0].outcome = Status(Code::kInvalid, "DockerfileMissing", "no Dockerfile");
  EXPECT_EQ(BuildConditions(snapshot).at(1).reason, "DockerfileMissing");
  model::ObservedApp observed;
  observed.ready = 1;
  const auto deploy = DeployCondition(
      snapshot, &observed, Status(Code::kPrecondition, "ProbeFailed", "nothing listens on 8080"));
  EXPECT_EQ(deploy.reason, "ProbeFailed");
  EXPECT_NE(deploy.message.find("goes on serving"), std::string::npos);
}

TEST(ConditionsChanged, TimesDoNotCount) {
  auto before = BuildConditions(FreshApp());
  before[0].since = Time(std::chrono::seconds(5));
  EXPECT_FALSE(ConditionsChanged(before, BuildConditions(FreshApp())));
  before[1].reason = "Building";
  EXPECT_TRUE(ConditionsChanged(before, BuildConditions(FreshApp())));
}

}  // namespace
}  // namespace ns::plan
