#include "plan/explain.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "plan/deploy.h"
#include "plan/test_snapshots.h"

namespace ns::plan {
namespace {

using model::AppSnapshot;
using model::BuildStatus;
using testing::BuildOf;
using testing::FreshApp;
using testing::IdOf;
using testing::kCommitA;
using testing::kCommitB;
using testing::kKey;

Time At(int seconds) { return Time(std::chrono::seconds(seconds)); }

// What releaser and backend make of it.
AppSnapshot Settled(AppSnapshot snapshot) {
  while (auto retarget = DecideTarget(snapshot, kKey)) {
    if (retarget->release) {
      snapshot.release = retarget->release;
      snapshot.release->id = retarget->next.release = IdOf<ReleaseId>(1);
    }
    snapshot.app.target = retarget->next;
    ++snapshot.app.target.generation;
  }
  const model::Target& target = snapshot.app.target;
  snapshot.observed.emplace();
  snapshot.observed->fence.generation = target.generation;
  snapshot.observed->state = target.state;
  snapshot.observed->serving_run_key = target.run_key;
  snapshot.observed->route_key = target.route_key;
  snapshot.observed->converged = true;
  snapshot.observed->container = model::ContainerState::kRunning;
  snapshot.observed->ready = snapshot.observed->wanted = 1;
  return snapshot;
}

AppSnapshot Live() {
  AppSnapshot snapshot = FreshApp();
  snapshot.builds = {BuildOf(snapshot, 1, kCommitA, BuildStatus::kSucceeded)};
  return Settled(snapshot);
}

std::vector<WhyLink> Of(const AppSnapshot& snapshot, const Surroundings& around = {}) {
  return Explain(snapshot, around, kKey);
}

// The name of the cause, and its reason; empty where all is well.
std::string CauseOf(const std::vector<WhyLink>& chain) {
  std::string cause;
  for (const WhyLink& link : chain) {
    if (!link.cause) continue;
    EXPECT_FALSE(link.ok);
    EXPECT_TRUE(cause.empty()) << "one cause";
    cause = link.name + " " + link.reason;
  }
  return cause;
}

const WhyLink& Named(const std::vector<WhyLink>& chain, const std::string& name) {
  return *std::find_if(chain.begin(), chain.end(), [&](const auto& l) { return l.name == name; });
}

Surroundings Around() {
  Surroundings around;
  around.fetch.emplace();
  around.fetch->type = "Fetch";
  around.fetch->ok = true;
  around.fetch->reason = "Fetched";
  around.fetch->message = "3 refs at the remote";
  around.attendance = model::Attendance{IdOf<HostId>(1), At(100), true, At(50)};
  return around;
}

TEST(Explain, Live_IsOkFromOneEndToTheOther) {
  const auto chain = Of(Live(), Around());
  std::string names;
  for (const WhyLink& link : chain) {
    names += link.name + " ";
    EXPECT_TRUE(link.ok) << link.name << " " << link.reason << ": " << link.message;
    EXPECT_FALSE(link.wanted.empty() || link.is.empty() || link.reason.empty() ||
                 link.message.empty())
        << link.name;
  }
  EXPECT_EQ(names, "desired repository ref build release target host told observed routes ");
  EXPECT_EQ(CauseOf(chain), "");
}

TEST(Explain, EachFault_IsTheCauseAtItsPlace) {
  Surroundings around = Around();
  around.fetch->ok = false;
  around.fetch->reason = "RemoteTimeout";
  EXPECT_EQ(CauseOf(Of(Live(), around)), "repository RemoteTimeout");

  AppSnapshot snapshot = Live();
  snapshot.app.commit = model::kNoCommit;
  EXPECT_EQ(CauseOf(Of(snapshot)), "ref RefMissing");

  snapshot = Live();
  snapshot.app.commit = kCommitB;
  EXPECT_EQ(CauseOf(Of(snapshot)), "build NeverBuilt");
  snapshot.builds.insert(snapshot.builds.begin(),
                         BuildOf(snapshot, 2, kCommitB, BuildStatus::kFailed));
  snapshot.builds[0].outcome = Status(Code::kInvalid, "CommandFailed", "make: no rule");
  EXPECT_EQ(CauseOf(Of(snapshot)), "build CommandFailed");
  EXPECT_FALSE(Named(Of(snapshot), "release").ok) << "what follows from it is told too";
  snapshot.builds[0] = BuildOf(snapshot, 2, kCommitB, BuildStatus::kSucceeded);
  EXPECT_EQ(CauseOf(Of(snapshot)), "release ReleasePending");

  snapshot = Live();
  snapshot.app.desired = model::DesiredState::kStopped;
  EXPECT_EQ(CauseOf(Of(snapshot)), "target TargetPending");

  around = Around();
  around.attendance = model::Attendance{IdOf<HostId>(1), At(40), false, At(50)};
  EXPECT_EQ(CauseOf(Of(Live(), around)), "host NobodyActs");
  EXPECT_EQ(Named(Of(Live(), around), "host").since, At(40));

  snapshot = Live();
  ++snapshot.app.target.generation;
  EXPECT_EQ(CauseOf(Of(snapshot)), "told NotTold");

  snapshot = Live();
  snapshot.observed->converged = false;
  EXPECT_EQ(CauseOf(Of(snapshot)), "observed NotConverged");
  model::Condition deploy;
  deploy.type = "Deploy";
  deploy.reason = "ProbeFailed";
  deploy.message = "nothing listens";
  deploy.since = At(7);
  snapshot.conditions = {deploy};
  EXPECT_EQ(CauseOf(Of(snapshot)), "observed ProbeFailed");
  EXPECT_EQ(Named(Of(snapshot), "observed").since, At(7));

  snapshot = Live();
  snapshot.observed->route_key = "other";
  EXPECT_EQ(CauseOf(Of(snapshot)), "routes RoutesPending");
}

TEST(Explain, LoopThatCannotWorkOnIt_IsTheCauseUntilItIsNotSaidAnyMore) {
  AppSnapshot snapshot = Live();
  snapshot.builds.clear();
  snapshot.now = At(100);
  model::Condition stuck;
  stuck.type = "Build";
  stuck.reason = "Quarantined";
  stuck.message = "the registerer cannot work on this";
  stuck.since = At(60);
  stuck.next_look = At(110);
  snapshot.conditions = {stuck};
  EXPECT_EQ(CauseOf(Of(snapshot)), "build Quarantined");
  snapshot.conditions[0].reason = "SealBroken";
  EXPECT_EQ(CauseOf(Of(snapshot)), "build SealBroken") << "a variable that no key opens";
  snapshot.conditions[0].reason = "Quarantined";
  EXPECT_EQ(Named(Of(snapshot), "build").message, stuck.message);
  EXPECT_EQ(Named(Of(snapshot), "build").since, At(60));
  snapshot.now = At(1000);
  EXPECT_EQ(CauseOf(Of(snapshot)), "build NeverBuilt") << "nobody has said so for minutes";

  snapshot = Live();
  snapshot.now = At(100);
  stuck.type = "Release";
  snapshot.conditions = {stuck};
  EXPECT_EQ(CauseOf(Of(snapshot)), "release Quarantined");
}

TEST(Explain, FailedLook_IsUnknownAndNotGuessed) {
  AppSnapshot snapshot = Live();
  model::Condition look;
  look.type = "Observed";
  look.reason = "Unknown";
  look.since = At(30);
  snapshot.conditions = {look};
  const auto chain = Of(snapshot);
  EXPECT_EQ(CauseOf(chain), "observed Unknown");
  EXPECT_EQ(Named(chain, "observed").is, "unknown");
  EXPECT_EQ(Named(chain, "observed").since, At(30));
  EXPECT_EQ(Named(chain, "routes").is, "unknown");
}

TEST(Explain, Pinned_NeedsNoBuildAndStays) {
  AppSnapshot snapshot = Live();
  snapshot.pinned = snapshot.release;
  snapshot.app.pinned = snapshot.release->id;
  snapshot.app.commit = kCommitB;
  snapshot.builds.insert(snapshot.builds.begin(),
                         BuildOf(snapshot, 2, kCommitB, BuildStatus::kFailed));
  const auto chain = Of(snapshot);
  EXPECT_EQ(CauseOf(chain), "");
  EXPECT_EQ(Named(chain, "release").reason, "Pinned");
  snapshot.app.pinned = IdOf<ReleaseId>(7);
  snapshot.pinned->id = IdOf<ReleaseId>(7);
  EXPECT_EQ(CauseOf(Of(snapshot)), "release ReleasePending");
}

TEST(Explain, Stopped_IsOkWithoutAnythingBuilt) {
  AppSnapshot snapshot = FreshApp();
  snapshot.app.desired = model::DesiredState::kStopped;
  EXPECT_EQ(CauseOf(Of(Settled(snapshot))), "");
}

TEST(Explain, NoBuilder_IsTheCause) {
  AppSnapshot snapshot = FreshApp();
  snapshot.builds = {BuildOf(snapshot, 1, kCommitA, BuildStatus::kQueued)};
  Surroundings around;
  around.queue.emplace();
  around.queue->apps[snapshot.app.id] = {UserId(), snapshot.app.build.method, false};
  EXPECT_EQ(CauseOf(Of(snapshot, around)), "build BuilderMissing");
}

}  // namespace
}  // namespace ns::plan
