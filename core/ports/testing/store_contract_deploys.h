// Included by store_contract.h: snapshots, targets, observations, removal.
#pragma once

#include <atomic>
#include <thread>

#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

inline model::ObservedApp ObservedOf(const AppId& id, int64_t generation) {
  model::ObservedApp observed;
  observed.id = id;
  observed.exists = true;
  observed.fence = {1, generation};
  observed.serving_run_key = "run";
  observed.route_key = "route";
  observed.container = model::ContainerState::kRunning;
  observed.state = model::DesiredState::kRunning;
  observed.converged = true;
  observed.ready = 1;
  observed.wanted = 2;
  observed.restarts = 3;
  observed.exit_code = -4;
  observed.image_digest = "sha256:abc";
  observed.reason = "Running";
  observed.message = "it's \"running\", {well}";
  observed.observed_at = Time(std::chrono::microseconds(1'700'000'000'000'001));
  return observed;
}

inline model::PhaseMark PhaseAt(const std::string& phase, int micros) {
  return {phase, Time(std::chrono::microseconds(1'700'000'000'000'000 + micros))};
}

inline model::Release ReleaseOf(int n, const std::string& commit) {
  model::Release release;
  release.id = IdOf<ReleaseId>(n);
  release.build = IdOf<BuildId>(n);
  release.commit = commit;
  release.image = {"r:5000/app:1-1", "sha256:abc", 42};
  return release;
}

TEST_P(StoreContract, Snapshot_HoldsAllThatBelongsToTheApplication) {
  const model::Application app = NewApp(1);
  NewBuild(1, app.id, "one");
  NewBuild(2, app.id, "two");
  NewBuild(3, NewApp(2).id);
  ASSERT_EQ(s.apps.SetEnv(app.id, {"A", Secret("1")}), Status());
  ASSERT_TRUE(s.deploys
                  .SetTarget(app.id, 0,
                             {0, model::DesiredState::kRunning, IdOf<ReleaseId>(1), "run", "route"},
                             ReleaseOf(1, kHashA))
                  .ok());
  ASSERT_EQ(s.deploys.SaveObserved(ObservedOf(app.id, 1),
                                   {{"Deploy", true, "Live", "It runs.", kNever, kNever, kNever}}),
            Status());
  const model::AppSnapshot snapshot = s.deploys.Snapshot(app.id).value();
  EXPECT_EQ(snapshot.app, s.apps.Get(app.id).value());
  ASSERT_THAT(snapshot.builds, SizeIs(2));
  EXPECT_EQ(snapshot.builds[0], s.builds.Get(IdOf<BuildId>(2)).value());
  EXPECT_EQ(snapshot.builds[1].id, IdOf<BuildId>(1));
  ASSERT_TRUE(snapshot.release);
  EXPECT_EQ(snapshot.release->id, IdOf<ReleaseId>(1));
  EXPECT_EQ(snapshot.observed, ObservedOf(app.id, 1));
  ASSERT_THAT(snapshot.conditions, SizeIs(1));
  EXPECT_EQ(snapshot.conditions[0].reason, "Live");
  EXPECT_FALSE(snapshot.resources_may_remain);
  EXPECT_GE(snapshot.now, snapshot.app.created_at);
}

TEST_P(StoreContract, Snapshot_OfAFreshApplication_IsBare) {
  const model::Application app = NewApp(1);
  const model::AppSnapshot snapshot = s.deploys.Snapshot(app.id).value();
  EXPECT_THAT(snapshot.builds, IsEmpty());
  EXPECT_FALSE(snapshot.release);
  EXPECT_FALSE(snapshot.observed);
  EXPECT_THAT(snapshot.conditions, IsEmpty());
  EXPECT_EQ(s.deploys.Snapshot(IdOf<AppId>(9)).status().code(), Code::kNotFound);
}

TEST_P(StoreContract, Snapshot_HoldsTheFiftyNewestBuilds) {
  const model::Application app = NewApp(1);
  for (int n = 1; n <= 53; ++n) NewBuild(n, app.id, "key" + std::to_string(n));
  const model::AppSnapshot snapshot = s.deploys.Snapshot(app.id).value();
  ASSERT_THAT(snapshot.builds, SizeIs(50));
  EXPECT_EQ(snapshot.builds.front().id, IdOf<BuildId>(53));
  EXPECT_EQ(snapshot.builds.back().id, IdOf<BuildId>(4));
}

TEST_P(StoreContract, Snapshot_HoldsOldBuildsOfTheCommitAndThoseToBeTriedAgain) {
  const model::Application app = NewApp(1);
  const auto settled = [&](int n, const std::string& commit) {
    model::Build build = BuildOf(n, app.id, "key" + std::to_string(n));
    build.commit = commit;
    ASSERT_EQ(s.builds.Register(build, {}, {}), Status());
    Settle(Claimed(n), model::BuildStatus::kFailed);
  };
  const std::string again(40, 'c'), rebuilt(40, 'd');
  settled(1, kHashB);
  settled(2, again);
  settled(3, rebuilt);
  ASSERT_EQ(s.builds.Retry(app.id, again), Status());
  ASSERT_EQ(s.builds.Retry(app.id, rebuilt), Status());
  settled(4, rebuilt);
  for (int n = 5; n <= 54; ++n) NewBuild(n, app.id, "key" + std::to_string(n));
  ASSERT_EQ(s.repositories.SetCommits(IdOf<RepositoryId>(1), {{app.id, "main", kHashB}}, {}),
            Status());
  const auto builds = s.deploys.Snapshot(app.id)->builds;
  ASSERT_THAT(builds, SizeIs(52));
  EXPECT_EQ(builds[49].id, IdOf<BuildId>(5));
  EXPECT_EQ(builds[50].id, IdOf<BuildId>(2));
  EXPECT_EQ(builds[51].id, IdOf<BuildId>(1));
}

TEST_P(StoreContract, SetTarget_FromTheCurrentGeneration_StoresTargetAndRelease) {
  const model::Application app = NewApp(1);
  const model::Target next{77, model::DesiredState::kRunning, IdOf<ReleaseId>(1), "run", "route"};
  const model::Target stored = s.deploys.SetTarget(app.id, 0, next, ReleaseOf(1, kHashA)).value();
  model::Target expected = next;
  expected.generation = 1;
  EXPECT_EQ(stored, expected);
  EXPECT_EQ(s.apps.Get(app.id)->target, expected);
  EXPECT_EQ(s.apps.Get(app.id)->updated_at, app.updated_at);
  const auto releases = s.deploys.Releases(app.id, 10).value();
  ASSERT_THAT(releases, SizeIs(1));
  EXPECT_EQ(releases[0].app, app.id);
  EXPECT_EQ(releases[0].build, IdOf<BuildId>(1));
  EXPECT_EQ(releases[0].image, ReleaseOf(1, kHashA).image);
  EXPECT_EQ(releases[0].commit, kHashA);
  EXPECT_EQ(releases[0].generation, 1);
  EXPECT_NE(releases[0].created_at, kNever);
}

TEST_P(StoreContract, SetTarget_FromAnotherGeneration_IsStaleAndStoresNothing) {
  const model::Application app = NewApp(1);
  ASSERT_TRUE(s.deploys.SetTarget(app.id, 0, {}, std::nullopt).ok());
  EXPECT_EQ(s.deploys.SetTarget(app.id, 0, {}, ReleaseOf(1, kHashA)).status().code(), Code::kStale);
  EXPECT_THAT(s.deploys.Releases(app.id, 10).value(), IsEmpty());
  EXPECT_EQ(s.deploys.SetTarget(IdOf<AppId>(9), 0, {}, std::nullopt).status().code(),
            Code::kNotFound);
}

TEST_P(StoreContract, SetTargets_AtOnce_OneWins) {
  const model::Application app = NewApp(1);
  std::atomic<int> won{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i <= 8; ++i) {
      threads.emplace_back(
          [&, i] { won += s.deploys.SetTarget(app.id, 0, {}, ReleaseOf(i, kHashA)).ok() ? 1 : 0; });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_THAT(s.deploys.Releases(app.id, 10).value(), SizeIs(1));
}

TEST_P(StoreContract, Releases_NewestFirst) {
  const model::Application app = NewApp(1);
  for (int n = 1; n <= 3; ++n)
    ASSERT_TRUE(s.deploys.SetTarget(app.id, n - 1, {}, ReleaseOf(n, kHashA)).ok());
  const auto releases = s.deploys.Releases(app.id, 2).value();
  ASSERT_THAT(releases, SizeIs(2));
  EXPECT_EQ(releases[0].id, IdOf<ReleaseId>(3));
  EXPECT_EQ(releases[1].id, IdOf<ReleaseId>(2));
}

TEST_P(StoreContract, Observed_SavedThenRead_IsTheSame) {
  const model::Application app = NewApp(1);
  EXPECT_FALSE(s.deploys.Snapshot(app.id)->observed);
  model::ObservedApp observed = ObservedOf(app.id, 3);
  observed.phases = {PhaseAt("pull", 1), PhaseAt("odd \"phase\",{}\\", 2)};
  ASSERT_EQ(s.deploys.SaveObserved(observed, {}), Status());
  EXPECT_EQ(s.deploys.Snapshot(app.id)->observed, observed);
  observed = {};
  observed.id = app.id;
  observed.fence = {1, 3};
  ASSERT_EQ(s.deploys.SaveObserved(observed, {}), Status());
  EXPECT_EQ(s.deploys.Snapshot(app.id)->observed, observed);
  EXPECT_EQ(s.deploys.SaveObserved(ObservedOf(IdOf<AppId>(9), 1), {}).code(), Code::kNotFound);
}

TEST_P(StoreContract, Observed_WithALowerFence_IsDroppedWithItsConditions) {
  const model::Application app = NewApp(1);
  ASSERT_EQ(s.deploys.SaveObserved(ObservedOf(app.id, 3), {}), Status());
  model::ObservedApp older = ObservedOf(app.id, 2);
  older.phases = {PhaseAt("pull", 1)};
  EXPECT_EQ(s.deploys.SaveObserved(older, {{"Deploy", false, "Old", "", kNever, kNever, kNever}}),
            Status());
  EXPECT_EQ(s.deploys.Snapshot(app.id)->observed, ObservedOf(app.id, 3));
  EXPECT_THAT(s.events.Conditions(model::Subject::kApplication, app.id.str()).value(), IsEmpty());
  EXPECT_THAT(s.events.List(model::Subject::kApplication, app.id.str(), 0, 10).value(), SizeIs(1))
      << "that it was made";
  model::ObservedApp newer = ObservedOf(app.id, 1);
  newer.fence.epoch = 2;
  EXPECT_EQ(s.deploys.SaveObserved(newer, {}), Status());
  EXPECT_EQ(s.deploys.Snapshot(app.id)->observed, newer);
}

TEST_P(StoreContract, Phases_ThatAreNew_BecomeEventsOnce) {
  const model::Application app = NewApp(1);
  const auto phases = [&] {
    std::vector<std::string> names;
    const auto events = s.events.List(model::Subject::kApplication, app.id.str(), 0, 100).value();
    for (const auto& event : events) {
      if (event.kind != "deploy.phase") continue;
      EXPECT_EQ(event.app, app.id);
      EXPECT_EQ(event.actor, "platform");
      names.push_back(event.reason);
    }
    return names;
  };
  model::ObservedApp observed = ObservedOf(app.id, 7);
  observed.phases = {PhaseAt("pull", 1), PhaseAt("start", 2)};
  ASSERT_EQ(s.deploys.SaveObserved(observed, {}), Status());
  ASSERT_EQ(s.deploys.SaveObserved(observed, {}), Status());
  EXPECT_THAT(phases(), ElementsAre("pull", "start"));
  observed.phases.push_back(PhaseAt("probe", 2));  // in the same microsecond
  observed.phases.push_back(PhaseAt("done", 5));
  ASSERT_EQ(s.deploys.SaveObserved(observed, {}), Status());
  EXPECT_THAT(phases(), ElementsAre("pull", "start", "probe", "done"));
  observed.phases = {PhaseAt("pull", 9)};
  ASSERT_EQ(s.deploys.SaveObserved(observed, {}), Status());
  EXPECT_THAT(phases(), ElementsAre("pull", "start", "probe", "done", "pull"));
  EXPECT_EQ(s.events.List(model::Subject::kApplication, app.id.str(), 0, 2)->back().data,
            R"({"at":"2023-11-14T22:13:20.000001Z","generation":7,"phase":"pull"})");
}

TEST_P(StoreContract, Removal_GoesThroughTombstoneConfirmationAndPurge) {
  const model::Application app = NewApp(1);
  NewBuild(1, app.id);
  const model::Build claimed = Claimed(1);
  ASSERT_EQ(s.logs.Append(claimed.id, claimed.lease.token, 0, "log").value(), 3);
  ASSERT_EQ(s.events.SetConditions(model::Subject::kBuild, claimed.id.str(),
                                   {{"Build", true, "Fine", "", kNever, kNever, kNever}}),
            Status());
  ASSERT_EQ(s.deploys.SaveObserved(ObservedOf(app.id, 1),
                                   {{"Deploy", true, "Live", "", kNever, kNever, kNever}}),
            Status());
  EXPECT_EQ(s.deploys.ConfirmRemoved(app.id).code(), Code::kPrecondition);
  EXPECT_EQ(s.deploys.Purge(app.id).code(), Code::kPrecondition);
  ASSERT_EQ(s.apps.MarkDeleted(app.id), Status());
  EXPECT_TRUE(s.deploys.Snapshot(app.id)->resources_may_remain);
  EXPECT_EQ(s.deploys.Purge(app.id).code(), Code::kPrecondition);
  ASSERT_EQ(s.deploys.ConfirmRemoved(app.id), Status());
  EXPECT_FALSE(s.deploys.Snapshot(app.id)->resources_may_remain);
  ASSERT_EQ(s.deploys.Purge(app.id), Status());

  EXPECT_EQ(s.apps.Get(app.id).status().code(), Code::kNotFound);
  EXPECT_EQ(s.builds.Get(claimed.id).status().code(), Code::kNotFound);
  EXPECT_EQ(s.deploys.Snapshot(app.id).status().code(), Code::kNotFound);
  EXPECT_THAT(s.events.Conditions(model::Subject::kApplication, app.id.str()).value(), IsEmpty());
  EXPECT_THAT(s.events.Conditions(model::Subject::kBuild, claimed.id.str()).value(), IsEmpty());
  EXPECT_EQ(s.events.List(model::Subject::kApplication, app.id.str(), 0, 10)->back().kind,
            "app.purged")
      << "what happened stays";
  EXPECT_EQ(s.deploys.Purge(app.id).code(), Code::kNotFound);
  EXPECT_EQ(s.deploys.ConfirmRemoved(app.id).code(), Code::kNotFound);
}

TEST_P(StoreContract, Purged_IsKnownUntilItIsForgotten) {
  const model::Application app = NewApp(1), other = NewApp(2);
  EXPECT_THAT(s.retention.Purged().value(), IsEmpty());
  for (const model::Application& gone : {app, other}) {
    ASSERT_EQ(s.apps.MarkDeleted(gone.id), Status());
    ASSERT_EQ(s.deploys.ConfirmRemoved(gone.id), Status());
    EXPECT_EQ(s.retention.History(gone.id, kNobody, {})->purged, kNever);
    ASSERT_EQ(s.deploys.Purge(gone.id), Status());
  }
  EXPECT_THAT(s.retention.Purged().value(), ElementsAre(app.id, other.id));
  const auto history = s.retention.History(app.id, kNobody, {});
  ASSERT_TRUE(history.ok()) << history.status().ToString();
  EXPECT_EQ(history->app.id, app.id);
  EXPECT_NE(history->purged, kNever);
  EXPECT_LE(history->purged, history->now);
  EXPECT_LT(history->now - history->purged, 1h);
  EXPECT_THAT(history->builds, IsEmpty());
  ASSERT_EQ(s.retention.ForgetPurged(app.id), Status());
  ASSERT_EQ(s.retention.ForgetPurged(app.id), Status());
  EXPECT_EQ(s.retention.History(app.id, kNobody, {}).status().code(), Code::kNotFound);
  EXPECT_THAT(s.retention.Purged().value(), ElementsAre(other.id));
}

TEST_P(StoreContract, Purge_OfAConfirmedApplication_LeavesOthersAlone) {
  const model::Application one = NewApp(1), two = NewApp(2);
  ASSERT_EQ(s.apps.MarkDeleted(one.id), Status());
  ASSERT_EQ(s.deploys.ConfirmRemoved(one.id), Status());
  ASSERT_EQ(s.deploys.Purge(one.id), Status());
  EXPECT_EQ(s.apps.Get(two.id).value(), two);
}

TEST_P(StoreContract, Epoch_OnlyRises) {
  EXPECT_EQ(s.deploys.Epoch().value(), 1);
  ASSERT_EQ(s.deploys.RaiseEpoch(5), Status());
  ASSERT_EQ(s.deploys.RaiseEpoch(3), Status());
  EXPECT_EQ(s.deploys.Epoch().value(), 5);
}

TEST_P(StoreContract, Hints_NeverOfWhatThePlatformObservesOrDecides) {
  const model::Application app = NewApp(1);
  EXPECT_THAT(HintsOf([&] {
                (void)s.deploys.SetTarget(app.id, 0, {}, ReleaseOf(1, kHashA));
                (void)s.deploys.SaveObserved(
                    ObservedOf(app.id, 1), {{"Deploy", true, "Live", "", kNever, kNever, kNever}});
                (void)s.events.SetConditions(model::Subject::kApplication, app.id.str(),
                                             {{"Source", true, "Ok", "", kNever, kNever, kNever}});
                Beat(1);
              }),
              IsEmpty());
}

}  // namespace ns::ports::testing
