#include "reconcile/loops.h"

#include <gtest/gtest.h>

#include "plan/deploy.h"
#include "plan/seen.h"
#include "plan/test_snapshots.h"
#include "reconcile/test_passes.h"

namespace ns::reconcile {
namespace {

using plan::testing::BuildOf;
using plan::testing::FreshApp;
using plan::testing::IdOf;
using plan::testing::kCommitA;
using plan::testing::kKey;
using testing::Expect;
using testing::ExpectEnd;
using testing::Matching;
using testing::Ok;
using testing::WithTarget;

TEST(Registerer, NeededBuild_IsRegisteredAndWakesTheStarter) {
  auto loop = NewRegisterer(kKey);
  auto pass = loop->NewPass(IdOf<AppId>(1).str());
  Expect<LoadApp>(pass->Begin());
  EXPECT_EQ(Expect<RegisterBuild>(pass->Next(Answer(FreshApp()))).build.commit, kCommitA);
  EXPECT_EQ(ExpectEnd(pass->Next(Ok())).wakes, (std::vector<Wake>{{LoopId::kStarter, kQueueKey}}));
}

TEST(Registerer, BuildRegisteredBySomebodyElse_IsNoFailure) {
  auto loop = NewRegisterer(kKey);
  auto pass = loop->NewPass(IdOf<AppId>(1).str());
  pass->Begin();
  pass->Next(Answer(FreshApp()));
  EXPECT_TRUE(ExpectEnd(pass->Next(Status(Code::kExists, ""))).status.ok());
}

TEST(Releaser, NewTarget_InterruptsTheSynchronizer) {
  model::AppSnapshot snapshot = FreshApp();
  snapshot.builds = {BuildOf(snapshot, 1, kCommitA, model::BuildStatus::kSucceeded)};
  auto loop = NewReleaser(kKey);
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  EXPECT_EQ(Expect<SaveConditions>(pass->Next(Answer(snapshot))).conditions.size(), 3u);
  const auto set = Expect<SetTarget>(pass->Next(Ok()));
  EXPECT_EQ(set.expected, 0);
  ASSERT_TRUE(set.release);
  const auto wakes = ExpectEnd(pass->Next(Answer(model::Target{}))).wakes;
  ASSERT_EQ(wakes.size(), 2u);
  EXPECT_EQ(wakes[0].urgency, Urgency::kInterrupt);
  EXPECT_EQ(wakes[1].loop, LoopId::kReleaser) << "its condition is of before";
}

TEST(Starter, AllAssignments_AreClaimedInOneStep) {
  model::QueueSnapshot queue;
  queue.now = Time(std::chrono::seconds(100));
  queue.builders = {{IdOf<HostId>(1), 2, 0}};
  for (int i = 1; i <= 3; ++i) {
    model::Build build;
    build.id = IdOf<BuildId>(i);
    build.app = IdOf<AppId>(i);
    queue.queued.push_back(build);
  }
  queue.queued[2].not_before = queue.now + std::chrono::seconds(7);
  auto pass = NewStarter()->NewPass(kQueueKey);
  Expect<LoadQueue>(pass->Begin());
  const auto claims = Expect<ClaimBuilds>(pass->Next(Answer(queue))).claims;
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_EQ(claims[0].build, IdOf<BuildId>(1));
  EXPECT_EQ(claims[1].build, IdOf<BuildId>(2));
  const Finished end = ExpectEnd(pass->Next(Answer(Builds{})));
  EXPECT_EQ(end.again, std::optional<Duration>(std::chrono::seconds(7)));
}

TEST(Starter, BuildLeftWithoutABuilder_IsLookedAtSoon) {
  model::QueueSnapshot queue;
  queue.now = Time(std::chrono::seconds(100));
  model::Build build;
  build.id = IdOf<BuildId>(1);
  build.app = IdOf<AppId>(1);
  queue.queued = {build};
  auto pass = NewStarter()->NewPass(kQueueKey);
  pass->Begin();
  EXPECT_EQ(ExpectEnd(pass->Next(Answer(queue))).again,
            std::optional<Duration>(std::chrono::seconds(10)));
}

TEST(CrashDetector, ExpiredLease_IsEndedAndWakesTheStarter) {
  model::QueueSnapshot queue;
  queue.now = Time(std::chrono::seconds(100));
  model::Build build;
  build.id = IdOf<BuildId>(1);
  build.attempt = 1;
  build.lease.expires = queue.now - std::chrono::seconds(1);
  queue.building = {build};
  auto pass = NewCrashDetector()->NewPass(kQueueKey);
  pass->Begin();
  EXPECT_EQ(Expect<ExpireBuild>(pass->Next(Answer(queue))).result.status,
            model::BuildStatus::kQueued);
  EXPECT_EQ(ExpectEnd(pass->Next(Ok())).wakes.size(), 1u);
}

TEST(CrashDetector, OneThatCannotBeExpired_KeepsNoOtherFromIt) {
  model::QueueSnapshot queue;
  queue.now = Time(std::chrono::seconds(100));
  for (const int n : {1, 2}) {
    model::Build& build = queue.building.emplace_back();
    build.id = IdOf<BuildId>(n);
    build.attempt = 1;
    build.lease.expires = queue.now - std::chrono::seconds(1);
  }
  auto pass = NewCrashDetector()->NewPass(kQueueKey);
  pass->Begin();
  const BuildId first = Expect<ExpireBuild>(pass->Next(Answer(queue))).build;
  const Status broken(Code::kInternal, "a trigger fails");
  const BuildId second = Expect<ExpireBuild>(pass->Next(Outcome(broken))).build;
  EXPECT_NE(first, second);
  const Finished end = ExpectEnd(pass->Next(Ok()));
  EXPECT_EQ(end.status, broken) << "and the pass says so";
  EXPECT_EQ(end.wakes.size(), 1u);
}

TEST(Sites, Pass_BringsAcknowledgesAndSaysSo) {
  model::SiteDemand demand;
  demand.app = IdOf<AppId>(1);
  demand.version = 5;
  auto loop = NewSites("host-1");
  auto pass = loop->NewPass(demand.app.str());
  EXPECT_EQ(Expect<LoadSite>(pass->Begin()).app, demand.app);
  EXPECT_EQ(Expect<BringSite>(pass->Next(Answer(demand))).site, demand);
  EXPECT_EQ(Expect<AcknowledgeSite>(pass->Next(Ok())).app, demand.app);
  const auto saved = Expect<SaveConditions>(pass->Next(Ok()));
  EXPECT_EQ(saved.conditions[0].reason, "SiteReady");
  const Finished end = ExpectEnd(pass->Next(Ok()));
  EXPECT_EQ(end.settled, 5);
}

TEST(Sites, WhatCannotBeBroughtOrServed_IsSaidAndTriedAgain) {
  const Status broken(Code::kInvalid, "ArtifactInvalid", "it is none");
  for (const bool brought : {false, true}) {
    auto loop = NewSites("host-1");
    auto pass = loop->NewPass(IdOf<AppId>(1).str());
    pass->Begin();
    pass->Next(Answer(model::SiteDemand()));
    if (brought) Expect<AcknowledgeSite>(pass->Next(Ok()));
    const auto saved = Expect<SaveConditions>(pass->Next(Outcome(broken)));
    EXPECT_EQ(saved.conditions[0].reason, "ArtifactInvalid");
    EXPECT_EQ(saved.conditions[0].message, "host-1 cannot serve it: it is none");
    EXPECT_EQ(ExpectEnd(pass->Next(Ok())).status, broken);
  }
}

TEST(Sites, WhatIsNoSite_IsNotLookedAt) {
  auto loop = NewSites("host-1");
  auto pass = loop->NewPass(IdOf<AppId>(1).str());
  pass->Begin();
  EXPECT_TRUE(ExpectEnd(pass->Next(Outcome(NotFound("none")))).status.ok());
  auto sweep = loop->NewPass(kSweepKey);
  Expect<SweepSites>(sweep->Begin());
  EXPECT_TRUE(ExpectEnd(sweep->Next(Ok())).status.ok());
}

TEST(Observer, AsDesired_IsSavedAndSettled) {
  model::AppSnapshot snapshot = WithTarget();
  snapshot.version = 5;
  auto loop = NewObserver({7, ""});
  auto pass = loop->NewPass(snapshot.app.id.str(), {std::chrono::minutes(3), Duration(1)});
  Expect<LoadApp>(pass->Begin());
  Expect<ObserveApp>(pass->Next(Answer(snapshot)));
  const auto save = Expect<SaveObserved>(
      pass->Next(Answer(Matching(plan::MakeDesired(snapshot, {7, ""}).value()))));
  ASSERT_EQ(save.conditions.size(), 2u);
  EXPECT_EQ(save.conditions[0].type, "Observed");
  EXPECT_EQ(save.conditions[1].type, "Deploy");
  EXPECT_EQ(save.conditions[0].next_in, Duration(std::chrono::minutes(3)));
  const Finished end = ExpectEnd(pass->Next(Ok()));
  EXPECT_EQ(end.settled, plan::SeenVersion(5, save.observed)) << "what a survey shows of it";
  EXPECT_TRUE(end.wakes.empty());
}

TEST(Observer, PassedOver_AreToldOfTogetherWhereThereIsSomething) {
  auto loop = NewObserver({7, ""});
  const auto told = loop->Told({{"a", 1, "docker"}, {"b", 2, ""}, {"c", 3, "docker"}},
                               {std::chrono::minutes(3), Duration(1)});
  ASSERT_TRUE(told);
  const auto touch = std::get<TouchConditions>(*told);
  EXPECT_EQ(touch.subject, model::Subject::kApplication);
  EXPECT_EQ(touch.ids, (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(touch.types.front(), "Observed");
  EXPECT_EQ(touch.next_in, Duration(std::chrono::minutes(3)));
  EXPECT_EQ(loop->Told({{"b", 2, ""}}, {}), std::nullopt);
}

TEST(Observer, Drift_WakesTheSynchronizerAndTellsNoReason) {
  const model::AppSnapshot snapshot = WithTarget();
  auto loop = NewObserver({7, ""});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  pass->Next(Answer(snapshot));
  model::ObservedApp seen = Matching(plan::MakeDesired(snapshot, {7, ""}).value());
  seen.converged = false;
  const auto save = Expect<SaveObserved>(pass->Next(Answer(seen)));
  ASSERT_EQ(save.conditions.size(), 1u);
  EXPECT_EQ(save.conditions[0].reason, "Observed");
  EXPECT_EQ(ExpectEnd(pass->Next(Ok())).wakes,
            (std::vector<Wake>{{LoopId::kSynchronizer, snapshot.app.id.str(), Urgency::kHint}}));
}

TEST(Observer, BackendOutOfReach_SaysUnknownAndGuessesNothing) {
  const model::AppSnapshot snapshot = WithTarget();
  auto loop = NewObserver({7, ""});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  pass->Next(Answer(snapshot));
  const auto save = Expect<SaveConditions>(pass->Next(Unavailable("dockerd is down")));
  ASSERT_EQ(save.conditions.size(), 1u);
  EXPECT_EQ(save.conditions[0].reason, "Unknown");
  EXPECT_FALSE(save.conditions[0].ok);
  EXPECT_FALSE(ExpectEnd(pass->Next(Ok())).status.ok());
}

}  // namespace
}  // namespace ns::reconcile
