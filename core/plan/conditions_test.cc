#include "plan/conditions.h"

#include <gtest/gtest.h>

#include "plan/test_snapshots.h"

namespace ns::plan {
namespace {

using model::BuildStatus;
using model::Condition;
using testing::BuildOf;
using testing::FreshApp;
using testing::IdOf;
using testing::kCommitA;
using testing::kCommitB;
using testing::kKey;

Time At(int seconds) { return Time(std::chrono::seconds(seconds)); }

model::AppSnapshot Released() {
  model::AppSnapshot snapshot = FreshApp();
  snapshot.builds = {BuildOf(snapshot, 1, kCommitA, BuildStatus::kSucceeded)};
  snapshot.release.emplace();
  snapshot.release->id = snapshot.app.target.release = IdOf<ReleaseId>(1);
  snapshot.release->build = IdOf<BuildId>(1);
  snapshot.release->commit = kCommitA;
  return snapshot;
}

TEST(ReleaseCondition, TellsWhetherWhatRunsIsWhatIsAskedFor) {
  EXPECT_EQ(ReleaseCondition(FreshApp(), kKey).reason, "NoRelease");
  model::AppSnapshot snapshot = Released();
  EXPECT_EQ(ReleaseCondition(snapshot, kKey).reason, "Released");
  EXPECT_TRUE(ReleaseCondition(snapshot, kKey).ok);
  snapshot.app.commit = kCommitB;
  EXPECT_EQ(ReleaseCondition(snapshot, kKey).reason, "ReleaseWaiting");
  EXPECT_FALSE(ReleaseCondition(snapshot, kKey).ok);
  snapshot.app.pinned = snapshot.release->id;
  snapshot.pinned = snapshot.release;
  const Condition pinned = ReleaseCondition(snapshot, kKey);
  EXPECT_EQ(pinned.reason, "Pinned");
  EXPECT_TRUE(pinned.ok);
  EXPECT_NE(pinned.message.find("waits until it is unpinned"), std::string::npos);
}

Condition Look(bool ok, Time next) {
  Condition look;
  look.type = "Observed";
  look.ok = ok;
  look.reason = ok ? "Observed" : "Unknown";
  look.last_looked = At(100);
  look.next_look = next;
  look.since = At(50);
  return look;
}

TEST(Unseen, FailedOrOverdueLook_IsUnknownSince) {
  model::AppSnapshot snapshot = FreshApp();
  snapshot.now = At(200);
  EXPECT_FALSE(Unseen(snapshot)) << "never looked at";
  snapshot.conditions = {Look(true, At(280))};
  EXPECT_FALSE(Unseen(snapshot));
  snapshot.conditions = {Look(true, kNever)};
  EXPECT_FALSE(Unseen(snapshot));
  snapshot.conditions = {Look(false, At(280))};
  EXPECT_EQ(Unseen(snapshot)->since, At(50));
  snapshot.conditions = {Look(true, At(140))};
  EXPECT_FALSE(Unseen(snapshot)) << "a minute late is not long";
  snapshot.now = At(201);
  ASSERT_TRUE(Unseen(snapshot));
  EXPECT_EQ(Unseen(snapshot)->reason, "LookOverdue");
  EXPECT_EQ(Unseen(snapshot)->since, At(100)) << "the last look";
}

TEST(HostCondition, NobodyActs_SinceTheLeaseRanOut) {
  model::Attendance seen{IdOf<HostId>(1), At(100), true, At(90)};
  EXPECT_TRUE(HostCondition(seen, "docker").ok);
  seen.now = At(130);
  EXPECT_EQ(HostCondition(seen, "docker").reason, "NotHeld") << "somebody can take it";
  seen.loaded = false;
  const Condition nobody = HostCondition(seen, "docker");
  EXPECT_EQ(nobody.reason, "NobodyActs");
  EXPECT_EQ(nobody.since, At(100));
  EXPECT_NE(nobody.message.find("\"docker\""), std::string::npos);
}

TEST(BuildCondition, SaysSinceWhenAndWhatComesNext) {
  model::Build build = BuildOf(FreshApp(), 1, kCommitA, BuildStatus::kQueued);
  build.queued_at = At(10);
  Condition condition = BuildCondition(build, nullptr, At(20));
  EXPECT_EQ(condition.reason, "BuildQueued");
  EXPECT_EQ(condition.since, At(10));
  EXPECT_EQ(condition.last_looked, At(20));
  EXPECT_EQ(condition.next_look, kNever);
  build.attempt = 1;
  build.updated_at = At(15);
  build.not_before = At(25);
  condition = BuildCondition(build, nullptr, At(20));
  EXPECT_EQ(condition.reason, "BuildRetrying");
  EXPECT_EQ(condition.since, At(15));
  EXPECT_EQ(condition.next_look, At(25));
  build.status = BuildStatus::kBuilding;
  build.started_at = At(26);
  build.lease.expires = At(41);
  condition = BuildCondition(build, nullptr, At(30));
  EXPECT_EQ(condition.since, At(26));
  EXPECT_EQ(condition.next_look, At(41)) << "the lease";
  build.status = BuildStatus::kSkipped;
  build.finished_at = At(50);
  condition = BuildCondition(build, nullptr, At(60));
  EXPECT_EQ(condition.reason, "Superseded");
  EXPECT_EQ(condition.since, At(50));
}

TEST(BuildCondition, Queued_WithoutABuilderThatCouldBuildIt) {
  const model::AppSnapshot snapshot = FreshApp();
  const model::Build build = BuildOf(snapshot, 1, kCommitA, BuildStatus::kQueued);
  model::QueueSnapshot queue;
  EXPECT_EQ(BuildCondition(build, &queue, At(1)).reason, "BuildQueued") << "not in that queue";
  queue.apps[build.app] = {UserId(), snapshot.app.build.method, false};
  EXPECT_EQ(BuildCondition(build, &queue, At(1)).reason, "BuilderMissing");
  queue.builders = {{IdOf<HostId>(1), 1, 1, {"another"}}};
  const Condition missing = BuildCondition(build, &queue, At(1));
  EXPECT_EQ(missing.reason, "BuilderMissing");
  EXPECT_NE(missing.message.find(snapshot.app.build.method), std::string::npos);
  queue.builders.push_back({IdOf<HostId>(2), 1, 1, {snapshot.app.build.method}});
  EXPECT_EQ(BuildCondition(build, &queue, At(1)).reason, "BuildQueued") << "busy, but able";
  queue.builders = {{IdOf<HostId>(3), 1, 0, {}}};
  EXPECT_EQ(BuildCondition(build, &queue, At(1)).reason, "BuildQueued") << "it has not told";
}

}  // namespace
}  // namespace ns::plan
