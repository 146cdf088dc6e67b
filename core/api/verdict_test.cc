#include "api/verdict.h"

#include <gtest/gtest.h>

#include "api/timeline.h"
#include "plan/deploy.h"
#include "plan/test_snapshots.h"

namespace ns::api {
namespace {

using model::AppSnapshot;
using model::BuildStatus;
using plan::testing::BuildOf;
using plan::testing::FreshApp;
using plan::testing::IdOf;
using plan::testing::kCommitA;
using plan::testing::kCommitB;
using plan::testing::kKey;

Time At(int seconds) { return Time(std::chrono::seconds(seconds)); }

Verdict Of(const AppSnapshot& snapshot) {
  return Judge(snapshot, FindCondition(snapshot.conditions, "Source"), kKey);
}

// Takes the target that the planner asks for, as the releaser does.
AppSnapshot Retargeted(AppSnapshot snapshot) {
  auto retarget = plan::DecideTarget(snapshot, kKey);
  if (!retarget) return snapshot;
  snapshot.app.target = retarget->next;
  ++snapshot.app.target.generation;
  if (retarget->release) {
    snapshot.release = retarget->release;
    snapshot.release->id = snapshot.app.target.release = IdOf<ReleaseId>(1);
    snapshot.release->generation = snapshot.app.target.generation;
    snapshot.release->created_at = At(50);
  }
  return snapshot;
}

AppSnapshot Observed(AppSnapshot snapshot, bool converged) {
  model::ObservedApp seen;
  const model::Target& target = snapshot.app.target;
  seen.fence.generation = target.generation;
  seen.state = target.state;
  seen.route_key = target.route_key;
  seen.converged = converged;
  if (converged && target.state == model::DesiredState::kRunning)
    seen.serving_run_key = target.run_key;
  snapshot.observed = seen;
  return snapshot;
}

AppSnapshot Built() {
  AppSnapshot snapshot = FreshApp();
  snapshot.builds = {BuildOf(snapshot, 1, kCommitA, BuildStatus::kSucceeded)};
  return snapshot;
}

TEST(Judge, FromPushToLive_IsUnsettledUntilItServes) {
  AppSnapshot snapshot = FreshApp();
  EXPECT_EQ(Of(snapshot).state, AppState::kBuilding);
  for (const BuildStatus status : {BuildStatus::kQueued, BuildStatus::kBuilding}) {
    snapshot.builds = {BuildOf(snapshot, 1, kCommitA, status)};
    EXPECT_EQ(Of(snapshot).state, AppState::kBuilding);
    EXPECT_FALSE(Of(snapshot).settled);
  }
  snapshot = Built();
  EXPECT_EQ(Of(snapshot).state, AppState::kDeploying);
  snapshot = Retargeted(snapshot);
  EXPECT_EQ(Of(snapshot).state, AppState::kDeploying);
  EXPECT_FALSE(Of(snapshot).settled);
  snapshot = Observed(snapshot, true);
  const Verdict live = Of(snapshot);
  EXPECT_EQ(live.state, AppState::kLive);
  EXPECT_TRUE(live.settled && live.ok && live.serving);
  EXPECT_NE(live.summary.find(kCommitA.substr(0, 12)), std::string::npos);
}

TEST(Judge, FailedLook_IsUnknownSinceThen) {
  AppSnapshot snapshot = Observed(Retargeted(Built()), true);
  model::Condition look;
  look.type = "Observed";
  look.reason = "Unknown";
  look.message = "the daemon does not answer";
  look.since = At(100);
  snapshot.conditions = {look};
  snapshot.now = At(112);
  const Verdict verdict = Of(snapshot);
  EXPECT_EQ(verdict.state, AppState::kUnknown);
  EXPECT_FALSE(verdict.settled || verdict.ok || verdict.serving);
  EXPECT_EQ(verdict.summary, "unknown since 12 s: the daemon does not answer");
  snapshot.conditions[0].ok = true;
  EXPECT_EQ(Of(snapshot).state, AppState::kLive);
}

TEST(Judge, Pinned_IsSettledWhateverIsBuiltMeanwhile) {
  AppSnapshot snapshot = Observed(Retargeted(Built()), true);
  snapshot.pinned = snapshot.release;
  snapshot.app.pinned = snapshot.release->id;
  EXPECT_EQ(Of(snapshot).state, AppState::kLive);
  EXPECT_EQ(Of(snapshot).summary.find("waits"), std::string::npos);
  snapshot.app.commit = kCommitB;
  for (const BuildStatus status :
       {BuildStatus::kQueued, BuildStatus::kFailed, BuildStatus::kSucceeded}) {
    snapshot.builds.insert(snapshot.builds.begin(), BuildOf(snapshot, 2, kCommitB, status));
    const Verdict verdict = Of(snapshot);
    EXPECT_EQ(verdict.state, AppState::kLive);
    EXPECT_TRUE(verdict.settled && verdict.ok);
    EXPECT_NE(verdict.summary.find("waits until it is unpinned"), std::string::npos);
  }
  snapshot.app.desired = model::DesiredState::kStopped;
  EXPECT_FALSE(Of(snapshot).settled) << "it is being stopped";
}

TEST(Judge, FailedBuild_IsSettledAndTheOldReleaseServes) {
  AppSnapshot snapshot = Retargeted(Observed(Retargeted(FreshApp()), true));
  snapshot.builds = {BuildOf(snapshot, 1, kCommitA, BuildStatus::kFailed)};
  snapshot.builds[0].outcome = Status(Code::kInvalid, "CommandFailed", "make: no rule");
  snapshot = Observed(Retargeted(snapshot), true);
  Verdict verdict = Of(snapshot);
  EXPECT_EQ(verdict.state, AppState::kFailed);
  EXPECT_TRUE(verdict.settled);
  EXPECT_FALSE(verdict.ok || verdict.serving);
  EXPECT_NE(verdict.summary.find("make: no rule"), std::string::npos);

  snapshot = Observed(Retargeted(Built()), true);
  snapshot.app.commit = kCommitB;
  snapshot.builds.insert(snapshot.builds.begin(),
                         BuildOf(snapshot, 2, kCommitB, BuildStatus::kFailed));
  verdict = Of(snapshot);
  EXPECT_EQ(verdict.state, AppState::kFailed);
  EXPECT_TRUE(verdict.settled && verdict.serving);
  EXPECT_NE(verdict.summary.find("goes on serving"), std::string::npos);
}

TEST(Judge, FailedDeploy_IsSettledWithItsReason) {
  AppSnapshot snapshot = Observed(Retargeted(Built()), false);
  snapshot.conditions = {
      {"Deploy", false, "ProbeFailed", "nothing listens on port 8080", kNever, kNever, kNever}};
  const Verdict verdict = Of(snapshot);
  EXPECT_EQ(verdict.state, AppState::kFailed);
  EXPECT_TRUE(verdict.settled);
  EXPECT_EQ(verdict.summary, "nothing listens on port 8080");
}

TEST(Judge, LoopThatCannotWorkOnIt_IsSettledWithItsWords) {
  AppSnapshot snapshot = FreshApp();
  snapshot.conditions = {{"Build", false, "Quarantined", "the registerer cannot work on this",
                          kNever, kNever, snapshot.now + std::chrono::seconds(5)}};
  Verdict verdict = Of(snapshot);
  EXPECT_EQ(verdict.state, AppState::kFailed);
  EXPECT_TRUE(verdict.settled);
  EXPECT_EQ(verdict.summary, "the registerer cannot work on this");
  snapshot.app.deleted = true;
  verdict = Of(snapshot);
  EXPECT_EQ(verdict.state, AppState::kDeleting);
  EXPECT_EQ(verdict.summary, "is being deleted: the registerer cannot work on this");
}

TEST(Judge, CleanerThatCannotWork_IsTheTroubleOfWhatIsDeletedAlone) {
  AppSnapshot snapshot = FreshApp();
  snapshot.conditions = {{"Cleanup", false, "Quarantined", "the cleaner cannot work on this",
                          kNever, kNever, snapshot.now + std::chrono::seconds(5)}};
  EXPECT_NE(Of(snapshot).state, AppState::kFailed);
  snapshot.app.deleted = true;
  EXPECT_EQ(Of(snapshot).summary, "is being deleted: the cleaner cannot work on this");
}

TEST(Judge, BackendOutOfReach_IsStillUnderWay) {
  AppSnapshot snapshot = Retargeted(Built());
  snapshot.conditions = {
      {"Deploy", false, "EngineUnavailable", "dockerd does not answer", kNever, kNever, kNever}};
  const Verdict verdict = Of(snapshot);
  EXPECT_EQ(verdict.state, AppState::kDeploying);
  EXPECT_FALSE(verdict.settled);
  EXPECT_NE(verdict.summary.find("dockerd does not answer"), std::string::npos);
}

TEST(Judge, WhatThePlatformTriesAgain_IsStillUnderWay) {
  AppSnapshot snapshot = Observed(Retargeted(Built()), false);
  for (const char* reason : {"Starting", "ProxyUnavailable", "ImagePullFailed"}) {
    snapshot.conditions = {{"Deploy", false, reason, "wait", kNever, kNever, kNever}};
    EXPECT_EQ(Of(snapshot).state, AppState::kDeploying) << reason;
    EXPECT_FALSE(Of(snapshot).settled) << reason;
  }
}

TEST(Judge, RunScopeVariable_NeedsADeployAndNoBuild) {
  AppSnapshot snapshot = Observed(Retargeted(Built()), true);
  snapshot.app.env = {{"A", Secret("1"), model::EnvScope::kRun, false, false}};
  EXPECT_EQ(Of(snapshot).state, AppState::kDeploying);
  EXPECT_EQ(Of(Observed(Retargeted(snapshot), true)).state, AppState::kLive);
}

TEST(Judge, Stopped_IsSettledOnceRoutesSaySo) {
  AppSnapshot snapshot = Observed(Retargeted(Built()), true);
  snapshot.app.desired = model::DesiredState::kStopped;
  EXPECT_FALSE(Of(snapshot).settled);
  snapshot = Retargeted(snapshot);
  EXPECT_FALSE(Of(snapshot).settled);
  const Verdict verdict = Of(Observed(snapshot, true));
  EXPECT_EQ(verdict.state, AppState::kStopped);
  EXPECT_TRUE(verdict.settled && verdict.ok);
}

TEST(Judge, NeverStarted_IsStoppedAndSettledWithItsRoutes) {
  AppSnapshot snapshot = FreshApp();
  snapshot.app.desired = model::DesiredState::kStopped;
  EXPECT_EQ(Of(snapshot).state, AppState::kStopped);
  EXPECT_FALSE(Of(snapshot).settled);
  EXPECT_TRUE(Of(Observed(Retargeted(snapshot), true)).settled);
}

TEST(Judge, MissingRef_IsAFault) {
  AppSnapshot snapshot = FreshApp();
  snapshot.app.commit = model::kNoCommit;
  snapshot.conditions = {
      {"Source", false, "RefMissing", "the remote has no ref \"main\"", kNever, kNever, kNever}};
  const Verdict verdict = Of(Observed(Retargeted(snapshot), true));
  EXPECT_EQ(verdict.state, AppState::kFailed);
  EXPECT_TRUE(verdict.settled);
  EXPECT_EQ(verdict.summary, "the remote has no ref \"main\"");
}

TEST(Judge, Tombstone_IsDeleting) {
  AppSnapshot snapshot = FreshApp();
  snapshot.app.deleted = true;
  EXPECT_EQ(Of(snapshot).state, AppState::kDeleting);
  EXPECT_FALSE(Of(snapshot).settled);
}

std::vector<std::pair<std::string, double>> Seconds(const Timeline& timeline) {
  std::vector<std::pair<std::string, double>> out;
  for (const Step& step : timeline.steps)
    out.emplace_back(step.name, std::chrono::duration<double>(step.end - step.begin).count());
  return out;
}
using Steps = std::vector<std::pair<std::string, double>>;

model::Event Phase(const char* name, int at) {
  model::Event event;
  event.kind = "build.phase";
  event.reason = name;
  event.at = At(at);
  return event;
}

AppSnapshot Deployed() {
  AppSnapshot snapshot = Built();
  snapshot.builds[0].queued_at = At(10);
  snapshot.builds[0].started_at = At(12);
  snapshot.builds[0].finished_at = At(40);
  snapshot = Observed(Retargeted(snapshot), true);
  snapshot.observed->phases = {{"pull", At(51)}, {"start", At(53)}, {"done", At(60)}};
  snapshot.now = At(100);
  return snapshot;
}

TEST(LastDeploy, OfANewCommit_GoesFromTheQueueToTheEnd) {
  const AppSnapshot snapshot = Deployed();
  const model::Build* build = BuildOfDeploy(snapshot, {*snapshot.release});
  ASSERT_EQ(build, &snapshot.builds[0]);
  const auto timeline =
      LastDeploy(snapshot, build, {Phase("checkout", 13), Phase("build", 20), Phase("pushed", 39)});
  ASSERT_TRUE(timeline);
  EXPECT_EQ(Seconds(*timeline), (Steps{{"queue", 2},
                                       {"checkout", 8},
                                       {"build", 20},
                                       {"release", 11},
                                       {"pull", 2},
                                       {"start", 7}}));
  EXPECT_TRUE(timeline->finished);
  EXPECT_EQ(timeline->build, build->id);
  EXPECT_EQ(timeline->commit, kCommitA);
}

TEST(LastDeploy, OfANewSetting_HasNoBuild) {
  AppSnapshot snapshot = Deployed();
  model::Release first = *snapshot.release;
  first.id = IdOf<ReleaseId>(9);
  first.generation = 0;
  EXPECT_EQ(BuildOfDeploy(snapshot, {*snapshot.release, first}), nullptr);
  const auto timeline = LastDeploy(snapshot, nullptr, {});
  ASSERT_TRUE(timeline);
  EXPECT_EQ(Seconds(*timeline), (Steps{{"pull", 2}, {"start", 7}}));
  EXPECT_TRUE(timeline->build.empty());
}

TEST(LastDeploy, UnderWay_GrowsUntilNow) {
  AppSnapshot snapshot = Deployed();
  snapshot.observed->phases.pop_back();
  auto timeline = LastDeploy(snapshot, nullptr, {});
  EXPECT_EQ(Seconds(*timeline), (Steps{{"pull", 2}, {"start", 47}}));
  EXPECT_FALSE(timeline->finished);
  model::Build next = BuildOf(snapshot, 2, kCommitB, BuildStatus::kBuilding);
  next.queued_at = At(90);
  next.started_at = At(95);
  snapshot.builds.insert(snapshot.builds.begin(), next);
  const model::Build* build = BuildOfDeploy(snapshot, {*snapshot.release});
  ASSERT_EQ(build, &snapshot.builds[0]);
  timeline = LastDeploy(snapshot, build, {});
  EXPECT_EQ(Seconds(*timeline), (Steps{{"queue", 5}, {"build", 5}}));
  EXPECT_FALSE(timeline->finished);
  EXPECT_EQ(timeline->commit, kCommitB);
}

TEST(LastDeploy, ClocksApart_GiveNoNegativeSeconds) {
  AppSnapshot snapshot = Deployed();
  snapshot.observed->phases = {{"pull", At(30)}, {"done", At(20)}};
  const auto timeline = LastDeploy(snapshot, BuildOfDeploy(snapshot, {*snapshot.release}), {});
  for (const auto& [name, seconds] : Seconds(*timeline)) EXPECT_GE(seconds, 0) << name;
}

TEST(LastDeploy, OfNothing_IsNone) { EXPECT_FALSE(LastDeploy(FreshApp(), nullptr, {})); }

}  // namespace
}  // namespace ns::api
