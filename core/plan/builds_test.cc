#include "plan/builds.h"

#include <gtest/gtest.h>

#include "plan/test_snapshots.h"

namespace ns::plan {
namespace {

using model::BuildStatus;
using testing::BuildOf;
using testing::FreshApp;
using testing::IdOf;
using testing::kCommitA;
using testing::kCommitB;
using testing::kKey;

TEST(DecideBuild, NewCommit_IsRegistered) {
  const Registration out = DecideBuild(FreshApp(), kKey);
  ASSERT_TRUE(out.build);
  EXPECT_EQ(out.build->commit, kCommitA);
  EXPECT_EQ(out.build->build_key, BuildKey(kKey, FreshApp().app, kCommitA));
}

TEST(DecideBuild, StoppedDeletedOrUnknownCommit_RegistersNothing) {
  auto snapshot = FreshApp();
  snapshot.app.desired = model::DesiredState::kStopped;
  EXPECT_TRUE(DecideBuild(snapshot, kKey).Empty());
  snapshot = FreshApp();
  snapshot.app.commit = model::kNoCommit;
  EXPECT_TRUE(DecideBuild(snapshot, kKey).Empty());
  snapshot = FreshApp();
  snapshot.app.deleted = true;
  EXPECT_TRUE(DecideBuild(snapshot, kKey).Empty());
}

TEST(DecideBuild, SameKeyThatCounts_RegistersNothing) {
  for (const BuildStatus status :
       {BuildStatus::kQueued, BuildStatus::kBuilding, BuildStatus::kSucceeded, BuildStatus::kFailed,
        BuildStatus::kCancelled}) {
    auto snapshot = FreshApp();
    snapshot.builds = {BuildOf(snapshot, 1, kCommitA, status)};
    EXPECT_TRUE(DecideBuild(snapshot, kKey).Empty()) << static_cast<int>(status);
  }
}

TEST(DecideBuild, RetryAsked_BuildsAgainOnce) {
  auto snapshot = FreshApp();
  snapshot.builds = {BuildOf(snapshot, 1, kCommitA, BuildStatus::kFailed)};
  snapshot.builds[0].retriable = true;
  ASSERT_TRUE(DecideBuild(snapshot, kKey).build);
  snapshot.builds.insert(snapshot.builds.begin(),
                         BuildOf(snapshot, 2, kCommitA, BuildStatus::kFailed));
  EXPECT_TRUE(DecideBuild(snapshot, kKey).Empty());
}

// B is built and up to date; somebody wants A again, which had failed.
model::AppSnapshot RetryOfAnOlderCommit() {
  auto snapshot = FreshApp();
  snapshot.app.commit = kCommitB;
  snapshot.builds = {BuildOf(snapshot, 2, kCommitB, BuildStatus::kSucceeded),
                     BuildOf(snapshot, 1, kCommitA, BuildStatus::kFailed)};
  snapshot.builds[1].retriable = true;
  return snapshot;
}

TEST(DecideBuild, RetryOfAnOlderCommit_BuildsThatCommit) {
  auto snapshot = RetryOfAnOlderCommit();
  ASSERT_TRUE(DecideBuild(snapshot, kKey).build);
  EXPECT_EQ(DecideBuild(snapshot, kKey).build->commit, kCommitA);
}

TEST(DecideBuild, RetryOfAStoppedApplication_WaitsUntilItIsStarted) {
  auto snapshot = RetryOfAnOlderCommit();
  snapshot.app.desired = model::DesiredState::kStopped;
  EXPECT_TRUE(DecideBuild(snapshot, kKey).Empty());
  snapshot.app.desired = model::DesiredState::kRunning;
  ASSERT_TRUE(DecideBuild(snapshot, kKey).build);
  EXPECT_EQ(DecideBuild(snapshot, kKey).build->commit, kCommitA);
}

TEST(DecideBuild, NewerCommit_PutsLiveOnesAside) {
  auto snapshot = FreshApp();
  snapshot.builds = {BuildOf(snapshot, 2, kCommitB, BuildStatus::kQueued),
                     BuildOf(snapshot, 1, std::string(40, 'c'), BuildStatus::kBuilding)};
  const Registration out = DecideBuild(snapshot, kKey);
  ASSERT_TRUE(out.build);
  EXPECT_EQ(out.supersede, std::vector<BuildId>{IdOf<BuildId>(2)});
  EXPECT_EQ(out.cancel, std::vector<BuildId>{IdOf<BuildId>(1)});
}

TEST(DecideBuild, Superseded_MayBeBuiltAgain) {
  auto snapshot = FreshApp();
  snapshot.builds = {BuildOf(snapshot, 1, kCommitA, BuildStatus::kSkipped)};
  snapshot.builds[0].outcome = Status(Code::kCancelled, model::kSuperseded, "");
  EXPECT_TRUE(DecideBuild(snapshot, kKey).build);
}

TEST(DecideBuild, BuildScopeVariable_ChangesTheKeyAndRunScopeDoesNot) {
  auto snapshot = FreshApp();
  snapshot.builds = {BuildOf(snapshot, 1, kCommitA, BuildStatus::kSucceeded)};
  snapshot.app.env = {{"A", Secret("1"), model::EnvScope::kRun, false, false}};
  EXPECT_TRUE(DecideBuild(snapshot, kKey).Empty());
  snapshot.app.env[0].scope = model::EnvScope::kBoth;
  EXPECT_TRUE(DecideBuild(snapshot, kKey).build);
}

model::QueueSnapshot Queue() {
  model::QueueSnapshot queue;
  queue.now = Time(std::chrono::seconds(1000));
  queue.builders = {{IdOf<HostId>(1), 2, 0}, {IdOf<HostId>(2), 1, 0}};
  return queue;
}

model::Build Queued(int n, int app) {
  model::Build build;
  build.id = IdOf<BuildId>(n);
  build.app = IdOf<AppId>(app);
  return build;
}

TEST(AssignBuilds, OnePerApplicationOldestFirst) {
  model::QueueSnapshot queue = Queue();
  queue.queued = {Queued(1, 1), Queued(2, 1), Queued(3, 2), Queued(4, 3), Queued(5, 4)};
  const auto out = AssignBuilds(queue);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[0], (model::BuildClaim{IdOf<BuildId>(1), IdOf<HostId>(1)}));
  EXPECT_EQ(out[1].build, IdOf<BuildId>(3));
  EXPECT_EQ(out[2].build, IdOf<BuildId>(4));
}

// An application of `owner`, built by a method that every builder has.
void Own(model::QueueSnapshot& queue, int app, int owner, bool has_release = true) {
  queue.apps[IdOf<AppId>(app)] = {IdOf<UserId>(owner), "runtime-cmd", has_release};
}

std::vector<int> Order(const std::vector<model::BuildClaim>& claims) {
  std::vector<int> order;
  for (const auto& claim : claims) order.push_back(std::stoi(claim.build.str()));
  return order;
}

TEST(AssignBuilds, OwnersTakeTurns) {
  model::QueueSnapshot queue = Queue();
  queue.builders = {{IdOf<HostId>(1), 4, 0}};
  for (int n = 1; n <= 5; ++n) {
    queue.queued.push_back(Queued(n, n));
    Own(queue, n, n <= 3 ? 1 : 2);
  }
  EXPECT_EQ(Order(AssignBuilds(queue)), (std::vector<int>{1, 4, 2, 5}));
}

TEST(AssignBuilds, OwnerWhoWaitedLongest_ComesFirstOnTheOnlySlot) {
  model::QueueSnapshot queue = Queue();
  queue.builders = {{IdOf<HostId>(1), 1, 0}};
  queue.queued = {Queued(1, 1), Queued(2, 2)};
  Own(queue, 1, 1);
  Own(queue, 2, 2);
  queue.served[IdOf<UserId>(1)] = queue.now - std::chrono::seconds(1);
  EXPECT_EQ(Order(AssignBuilds(queue)), std::vector<int>{2}) << "the other was just served";
  queue.served[IdOf<UserId>(2)] = queue.now;
  EXPECT_EQ(Order(AssignBuilds(queue)), std::vector<int>{1});
}

TEST(AssignBuilds, ApplicationThatHasNothingToRun_ComesFirstOfItsOwners) {
  model::QueueSnapshot queue = Queue();
  queue.builders = {{IdOf<HostId>(1), 1, 0}};
  queue.queued = {Queued(1, 1), Queued(2, 2)};
  Own(queue, 1, 1, true);
  Own(queue, 2, 1, false);
  EXPECT_EQ(Order(AssignBuilds(queue)), std::vector<int>{2});
}

TEST(AssignBuilds, BuilderWithoutTheMethod_IsGivenNothingAndHoldsUpNobody) {
  model::QueueSnapshot queue = Queue();
  queue.builders = {{IdOf<HostId>(1), 2, 0, {"static-cmd"}}, {IdOf<HostId>(2), 1, 0, {}}};
  queue.queued = {Queued(1, 1), Queued(2, 2), Queued(3, 3)};
  for (int n = 1; n <= 3; ++n) Own(queue, n, n);
  queue.apps[IdOf<AppId>(3)].method = "static-cmd";
  const auto out = AssignBuilds(queue);
  EXPECT_EQ(Order(out), (std::vector<int>{1, 3}));
  EXPECT_EQ(out[0].host, IdOf<HostId>(2));
  EXPECT_EQ(out[1].host, IdOf<HostId>(1));
}

TEST(AssignBuilds, WaitingOrBusy_IsPassedOver) {
  model::QueueSnapshot queue = Queue();
  queue.queued = {Queued(1, 1), Queued(2, 2)};
  queue.queued[0].not_before = queue.now + std::chrono::seconds(1);
  queue.building = {Queued(9, 2)};
  EXPECT_TRUE(AssignBuilds(queue).empty());
}

TEST(ExpireBuilds, LostLease_IsQueuedAgainUntilAttemptsAreUsed) {
  model::QueueSnapshot queue = Queue();
  for (int attempt = 1; attempt <= model::kMaxAttempts; ++attempt) {
    model::Build build = Queued(attempt, attempt);
    build.attempt = attempt;
    build.lease.expires = queue.now - std::chrono::seconds(1);
    queue.building.push_back(build);
  }
  queue.building.push_back(Queued(9, 9));
  queue.building.back().lease.expires = queue.now;
  const auto out = ExpireBuilds(queue);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[0].result.status, BuildStatus::kQueued);
  EXPECT_EQ(out[1].result.status, BuildStatus::kQueued);
  EXPECT_EQ(out[2].result.status, BuildStatus::kFailed);
  EXPECT_EQ(out[2].result.outcome.reason(), "BuilderLost");
}

TEST(AfterFailure, FaultDecides) {
  Status source(Code::kInvalid, "CommandFailed", "exit 1");
  source.SetFault(Fault::kSource);
  EXPECT_EQ(AfterFailure(source, 1).status, BuildStatus::kFailed);
  Status platform(Code::kUnavailable, "RegistryUnavailable", "refused");
  platform.SetFault(Fault::kPlatform);
  EXPECT_EQ(AfterFailure(platform, 1).status, BuildStatus::kQueued);
  EXPECT_GT(AfterFailure(platform, 2).retry_in, AfterFailure(platform, 1).retry_in);
  EXPECT_EQ(AfterFailure(platform, 3).status, BuildStatus::kFailed);
  Status database(Code::kUnavailable, "the database is out of reach");
  database.SetFault(Fault::kOperator);
  EXPECT_EQ(AfterFailure(database, 1).status, BuildStatus::kQueued);
  Status no_engine(Code::kPrecondition, "EngineNotLoaded", "no engine");
  no_engine.SetFault(Fault::kOperator);
  EXPECT_EQ(AfterFailure(no_engine, 1).status, BuildStatus::kFailed);
  EXPECT_EQ(AfterFailure(Status(Code::kCancelled, "Cancelled", ""), 1).status,
            BuildStatus::kCancelled);
}

}  // namespace
}  // namespace ns::plan
