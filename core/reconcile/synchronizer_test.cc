#include <gtest/gtest.h>

#include "plan/deploy.h"
#include "plan/test_snapshots.h"
#include "reconcile/loops.h"
#include "reconcile/test_passes.h"

namespace ns::reconcile {
namespace {

using plan::testing::kKey;
using testing::Expect;
using testing::ExpectEnd;
using testing::Matching;
using testing::Ok;
using testing::WithSite;
using testing::WithTarget;

TEST(Synchronizer, ConvergedApplication_IsNotApplied) {
  const model::AppSnapshot snapshot = WithTarget();
  const auto desired = plan::MakeDesired(snapshot, {7, ""}).value();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  Expect<ObserveApp>(pass->Next(Answer(snapshot)));
  Expect<SaveObserved>(pass->Next(Answer(Matching(desired))));
  EXPECT_TRUE(ExpectEnd(pass->Next(Ok())).status.ok());
}

TEST(Synchronizer, SiteThatAHostHasNotYet_WaitsAndSaysSo) {
  const model::AppSnapshot snapshot = WithSite(2, 1);
  auto loop = NewSynchronizer({7, "", kKey, "http://127.0.0.1:2"});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  Expect<ObserveApp>(pass->Next(Answer(snapshot)));
  const auto saved = Expect<SaveObserved>(pass->Next(Answer(model::ObservedApp())));
  EXPECT_EQ(saved.conditions[0].reason, "SitePending");
  EXPECT_EQ(ExpectEnd(pass->Next(Ok())).status.reason(), "SitePending");
}

TEST(Synchronizer, SiteThatAllHostsHave_IsApplied) {
  const model::AppSnapshot snapshot = WithSite(2, 2);
  auto loop = NewSynchronizer({7, "", kKey, "http://127.0.0.1:2"});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  Expect<ObserveApp>(pass->Next(Answer(snapshot)));
  const auto apply = Expect<ApplyApp>(pass->Next(Answer(model::ObservedApp())));
  EXPECT_EQ(apply.desired.site, (model::SiteRoute{"http://127.0.0.1:2", snapshot.release->id}));
  EXPECT_TRUE(apply.desired.processes.empty());
}

// A host that has just come shall not make what serves look broken.
TEST(Synchronizer, SiteThatIsServedAlready_WaitsForNoNewHost) {
  const model::AppSnapshot snapshot = WithSite(3, 2);
  const auto desired = plan::MakeDesired(snapshot, {7, "", "http://127.0.0.1:2"}).value();
  auto loop = NewSynchronizer({7, "", kKey, "http://127.0.0.1:2"});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  Expect<ObserveApp>(pass->Next(Answer(snapshot)));
  const auto saved = Expect<SaveObserved>(pass->Next(Answer(Matching(desired))));
  EXPECT_TRUE(saved.conditions[0].ok);
  EXPECT_TRUE(ExpectEnd(pass->Next(Ok())).status.ok());
}

// One that is away for a day shall not keep a new domain from its owner for a day.
TEST(Synchronizer, RoutesOfASiteThatIsServedAlready_WaitForNoHost) {
  const model::AppSnapshot snapshot = WithSite(3, 2);
  model::ObservedApp seen =
      Matching(plan::MakeDesired(snapshot, {7, "", "http://127.0.0.1:2"}).value());
  seen.route_key = "another";
  auto loop = NewSynchronizer({7, "", kKey, "http://127.0.0.1:2"});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  Expect<ObserveApp>(pass->Next(Answer(snapshot)));
  EXPECT_EQ(Expect<ApplyApp>(pass->Next(Answer(seen))).desired.site->release, snapshot.release->id);
}

// Else a change that is taken back at once leaves what it was under the key of what it is again.
TEST(Synchronizer, ChangedSinceTheTarget_WaitsForTheNextTarget) {
  for (const bool routes : {true, false}) {
    model::AppSnapshot snapshot = WithTarget();
    if (routes)
      snapshot.app.websites.front().fqdn = "other.example.com";
    else
      ++snapshot.app.restart_nonce;
    auto loop = NewSynchronizer({7, "", kKey});
    auto pass = loop->NewPass(snapshot.app.id.str());
    pass->Begin();
    const Finished end = ExpectEnd(pass->Next(Answer(snapshot)));
    EXPECT_EQ(end.wakes, (std::vector<Wake>{{LoopId::kReleaser, snapshot.app.id.str()}}));
    EXPECT_FALSE(end.settled.has_value());
  }
}

TEST(Synchronizer, Difference_IsAppliedAndLookedAtAgain) {
  const model::AppSnapshot snapshot = WithTarget();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  pass->Next(Answer(snapshot));
  const auto apply = Expect<ApplyApp>(pass->Next(Answer(model::ObservedApp{})));
  EXPECT_EQ(apply.desired.fence, (model::Fence{7, 1}));
  Expect<ObserveApp>(pass->Next(Ok()));
  Expect<SaveObserved>(pass->Next(Answer(Matching(apply.desired))));
  EXPECT_TRUE(ExpectEnd(pass->Next(Ok())).status.ok());
}

// Becomes ready, so that each deploy succeeds, and ends a moment later.
TEST(Synchronizer, ProgramThatEndsAgainAndAgain_IsStartedEverMoreRarely) {
  model::AppSnapshot snapshot = WithTarget();
  const auto desired = plan::MakeDesired(snapshot, {7, ""}).value();
  model::ObservedApp ended = Matching(desired);
  ended.converged = false;
  ended.container = model::ContainerState::kExited;
  ended.reason = "ContainerExited";
  auto loop = NewSynchronizer({7, "", kKey});
  Duration now = std::chrono::hours(5);
  // Seconds until the next look where it waits; 0: it is started.
  const auto look = [&]() -> double {
    auto pass = loop->NewPass(snapshot.app.id.str());
    pass->SetNow(now);
    pass->Begin();
    pass->Next(Answer(snapshot));
    const Step step = pass->Next(Answer(ended));
    if (std::get_if<ApplyApp>(&std::get<Effect>(step)) != nullptr) return 0;
    EXPECT_EQ(Expect<SaveObserved>(step).conditions.front().reason, "ContainerExited");
    const Finished end = ExpectEnd(pass->Next(Ok()));
    return std::chrono::duration<double>(end.status.retry_after().value()).count();
  };
  EXPECT_EQ(look(), 0) << "the first time at once";
  for (const double wait : {1, 2, 4, 8, 16, 32, 60, 60}) {
    EXPECT_EQ(look(), wait);
    now += std::chrono::milliseconds(500);
    EXPECT_EQ(look(), wait - 0.5);
    now += std::chrono::milliseconds(static_cast<int>(wait * 1000) - 500);
    EXPECT_EQ(look(), 0) << wait;
  }
  now += std::chrono::seconds(70);
  EXPECT_EQ(look(), 0) << "it ran for ten seconds after it was due";
  EXPECT_EQ(look(), 1) << "and the counting begins anew";
  ++snapshot.app.target.generation;
  ended.fence.generation = snapshot.app.target.generation;
  EXPECT_EQ(look(), 0) << "another target does not wait for what the last one did";
}

TEST(Synchronizer, FailedObservation_AppliesAndRemovesNothing) {
  const model::AppSnapshot snapshot = WithTarget();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  pass->Next(Answer(snapshot));
  const auto save = Expect<SaveConditions>(
      pass->Next(Status(Code::kUnavailable, "BackendUnavailable", "dockerd is down")));
  EXPECT_EQ(save.conditions.at(0).reason, "BackendUnavailable");
  EXPECT_FALSE(ExpectEnd(pass->Next(Ok())).status.ok());
}

TEST(Synchronizer, FailedApply_IsToldWithWhatServes) {
  const model::AppSnapshot snapshot = WithTarget();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  pass->Next(Answer(snapshot));
  pass->Next(Answer(model::ObservedApp{}));
  pass->Next(Status(Code::kPrecondition, "ProbeFailed", "nothing listens on 8080"));
  model::ObservedApp before;
  before.ready = 1;
  const auto save = Expect<SaveObserved>(pass->Next(Answer(before)));
  EXPECT_EQ(save.conditions.at(0).reason, "ProbeFailed");
  EXPECT_EQ(ExpectEnd(pass->Next(Ok())).status.reason(), "ProbeFailed");
}

TEST(Synchronizer, DatabaseBehindTheBackend_EpochIsRaisedBeforeItActs) {
  const model::AppSnapshot snapshot = WithTarget();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  pass->Next(Answer(snapshot));
  model::ObservedApp seen;
  seen.fence = {7, 40};
  Expect<LoadEpoch>(pass->Next(Answer(seen)));
  Expect<LoadApp>(pass->Next(Answer(int64_t{7})));
  EXPECT_EQ(Expect<RaiseEpoch>(pass->Next(Answer(snapshot))).at_least, 8);
  EXPECT_EQ(Expect<ApplyApp>(pass->Next(Ok())).desired.fence, (model::Fence{8, 1}));

  auto next = loop->NewPass(snapshot.app.id.str());
  next->Begin();
  Expect<ObserveApp>(next->Next(Answer(snapshot)));
  EXPECT_EQ(Expect<ApplyApp>(next->Next(Answer(model::ObservedApp{}))).desired.fence,
            (model::Fence{8, 1}))
      << "from now on";
}

TEST(Synchronizer, EpochRaisedByAnotherHost_IsTakenOverNotRaised) {
  const model::AppSnapshot snapshot = WithTarget();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  pass->Next(Answer(snapshot));
  model::ObservedApp seen;
  seen.fence = {8, 1};
  Expect<LoadEpoch>(pass->Next(Answer(seen)));
  Expect<LoadApp>(pass->Next(Answer(int64_t{8})));
  EXPECT_EQ(Expect<ApplyApp>(pass->Next(Answer(snapshot))).desired.fence, (model::Fence{8, 1}));
}

TEST(Synchronizer, TargetMovedOnMeanwhile_RaisesNothing) {
  model::AppSnapshot snapshot = WithTarget();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  pass->Next(Answer(snapshot));
  model::ObservedApp seen;
  seen.fence = {7, 2};
  pass->Next(Answer(seen));
  pass->Next(Answer(int64_t{7}));
  snapshot.app.target.generation = 2;
  EXPECT_EQ(ExpectEnd(pass->Next(Answer(snapshot))).status.code(), Code::kStale);
}

// Deleted, and something of it may be at the backend.
model::AppSnapshot Tombstone() {
  model::AppSnapshot snapshot = WithTarget();
  snapshot.app.deleted = snapshot.resources_may_remain = true;
  return snapshot;
}

TEST(Synchronizer, TombstoneOfARestoredDatabase_IsRemovedUnderARaisedEpoch) {
  const model::AppSnapshot snapshot = Tombstone();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  Expect<LoadEpoch>(pass->Next(Answer(snapshot)));
  Expect<RemoveApp>(pass->Next(Answer(int64_t{7})));
  Expect<ObserveApp>(pass->Next(Stale("a newer fence was seen")));
  model::ObservedApp seen;
  seen.fence = {8, 40};
  Expect<LoadEpoch>(pass->Next(Answer(seen)));
  Expect<LoadApp>(pass->Next(Answer(int64_t{7})));
  Expect<RaiseEpoch>(pass->Next(Answer(snapshot)));
  EXPECT_EQ(Expect<RemoveApp>(pass->Next(Ok())).fence.epoch, 9);
  EXPECT_FALSE(ExpectEnd(pass->Next(Stale("still"))).status.ok()) << "once";
}

// A host whose lease has run out is refused by itself, as fast as it asks.
TEST(Synchronizer, TombstoneRefusedForNoNewerFence_FailsAfterOneLook) {
  const model::AppSnapshot snapshot = Tombstone();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  Expect<LoadEpoch>(pass->Next(Answer(snapshot)));
  Expect<RemoveApp>(pass->Next(Answer(int64_t{7})));
  Expect<ObserveApp>(pass->Next(Stale("this host's lease has run out")));
  Expect<RemoveApp>(pass->Next(Answer(model::ObservedApp())));
  EXPECT_FALSE(ExpectEnd(pass->Next(Stale("this host's lease has run out"))).status.ok());
}

TEST(Synchronizer, Tombstone_IsRemovedAboveEveryDeployThatMayStillCome) {
  model::AppSnapshot snapshot = WithTarget();
  auto loop = NewSynchronizer({7, "", kKey});
  auto deploy = loop->NewPass(snapshot.app.id.str());
  deploy->Begin();
  deploy->Next(Answer(snapshot));
  const auto late = Expect<ApplyApp>(deploy->Next(Answer(model::ObservedApp())));
  snapshot.app.deleted = snapshot.resources_may_remain = true;
  auto removal = loop->NewPass(snapshot.app.id.str());
  removal->Begin();
  removal->Next(Answer(snapshot));
  EXPECT_GT(Expect<RemoveApp>(removal->Next(Answer(int64_t{7}))).fence, late.desired.fence);
}

// It was on its way when the database came back without its last writes, and counts generations
// again that it has.
TEST(Synchronizer, TombstoneOfWhatTheDatabaseHasLost_IsRemovedAboveItsDeploys) {
  model::AppSnapshot snapshot = Tombstone();
  const model::Fence lost{7, snapshot.app.target.generation + 40};
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  pass->Next(Answer(snapshot));
  EXPECT_GT(Expect<RemoveApp>(pass->Next(Answer(int64_t{7}))).fence, lost);
}

// Another host has raised the epoch and deployed by it.
TEST(Synchronizer, Tombstone_IsRemovedByTheEpochOfTheDatabase) {
  const model::AppSnapshot snapshot = Tombstone();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  Expect<LoadEpoch>(pass->Next(Answer(snapshot)));
  EXPECT_EQ(Expect<RemoveApp>(pass->Next(Answer(int64_t{9}))).fence.epoch, 9);
}

TEST(Synchronizer, Tombstone_IsRemovedAndConfirmed) {
  const model::AppSnapshot snapshot = Tombstone();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  Expect<LoadEpoch>(pass->Next(Answer(snapshot)));
  Expect<RemoveApp>(pass->Next(Answer(int64_t{7})));
  Expect<ConfirmRemoved>(pass->Next(Ok()));
  const Finished end = ExpectEnd(pass->Next(Ok()));
  EXPECT_TRUE(end.status.ok());
  EXPECT_EQ(end.wakes, (std::vector<Wake>{{LoopId::kCleaner, snapshot.app.id.str()}}));
}

TEST(Synchronizer, ConfirmedTombstone_IsLeftToTheCleaner) {
  model::AppSnapshot snapshot = WithTarget();
  snapshot.app.deleted = true;
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  EXPECT_EQ(ExpectEnd(pass->Next(Answer(snapshot))).wakes,
            (std::vector<Wake>{{LoopId::kCleaner, snapshot.app.id.str()}}));
}

TEST(Synchronizer, FailedRemoval_ConfirmsNothing) {
  const model::AppSnapshot snapshot = Tombstone();
  auto loop = NewSynchronizer({7, "", kKey});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  pass->Next(Answer(snapshot));
  Expect<RemoveApp>(pass->Next(Answer(int64_t{7})));
  EXPECT_FALSE(ExpectEnd(pass->Next(Unavailable("dockerd is down"))).status.ok());
}

}  // namespace
}  // namespace ns::reconcile
