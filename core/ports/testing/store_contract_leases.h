// Included by store_contract.h: who holds what, versions, pins, what is kept.
#pragma once

#include <set>

#include "ports/testing/store_contract_base.h"
#include "ports/testing/store_contract_deploys.h"

namespace ns::ports::testing {

inline bool HeldByAnother(const Status& status) {
  return status.code() == Code::kStale && status.reason() == model::kHeldElsewhere;
}

TEST_P(StoreContract, Beat_TellsWhoIsAlive) {
  Beat(1);
  Beat(2);
  LetLapse(1);
  model::Host host;
  host.id = IdOf<HostId>(3);
  EXPECT_THAT(s.hosts.Beat(host, 1min).value(), ElementsAre(IdOf<HostId>(2), IdOf<HostId>(3)));
}

TEST_P(StoreContract, Take_OfWhatNobodyHolds_HoldsIt) {
  const model::Application app = NewApp(1);
  const HostId one = Beat(1), two = Beat(2);
  EXPECT_TRUE(s.deploys.Take(app.id, one, {app.backend}).ok());
  EXPECT_TRUE(s.deploys.Take(app.id, one, {app.backend}).ok());
  EXPECT_TRUE(HeldByAnother(s.deploys.Take(app.id, two, {app.backend}).status()));
  EXPECT_TRUE(s.deploys.Take(app.id, kNobody, {}).ok()) << "nobody asks for nothing";
  EXPECT_EQ(s.deploys.Take(IdOf<AppId>(9), one, {app.backend}).status().code(), Code::kNotFound);
}

TEST_P(StoreContract, Take_NeedsTheBackendAndALeaseThatIsAlive) {
  const model::Application app = NewApp(1);
  const HostId one = Beat(1);
  EXPECT_TRUE(HeldByAnother(s.deploys.Take(app.id, one, {"another"}).status()));
  EXPECT_TRUE(HeldByAnother(s.deploys.Take(app.id, IdOf<HostId>(5), {app.backend}).status()))
      << "a host that never beat";
}

TEST_P(StoreContract, Take_OfWhatADeadHostHeld_TakesItOver) {
  const model::Application app = NewApp(1);
  const HostId one = Beat(1), two = Beat(2);
  ASSERT_TRUE(s.deploys.Take(app.id, one, {app.backend}).ok());
  LetLapse(1);
  EXPECT_TRUE(HeldByAnother(s.deploys.Take(app.id, one, {app.backend}).status()));
  ASSERT_TRUE(s.deploys.Take(app.id, two, {app.backend}).ok());
  Beat(1);
  EXPECT_TRUE(HeldByAnother(s.deploys.Take(app.id, one, {app.backend}).status()))
      << "it woke up too late";
}

// The loops of one host take what is new at the same time.
TEST_P(StoreContract, Takes_AtOnceForOneHost_AllSucceed) {
  const HostId host = Beat(1);
  for (int n = 1; n <= 10; ++n) {
    const model::Application app = NewApp(n);
    std::atomic<int> taken{0};
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back(
            [&] { taken += s.deploys.Take(app.id, host, {app.backend}).ok() ? 1 : 0; });
      }
    }
    EXPECT_EQ(taken, 4);
  }
}

TEST_P(StoreContract, Attendance_TellsWhoActsAndWhoCould) {
  const model::Application app = NewApp(1);
  EXPECT_EQ(s.deploys.Attendance(IdOf<AppId>(9)).status().code(), Code::kNotFound);
  model::Attendance seen = s.deploys.Attendance(app.id).value();
  EXPECT_TRUE(seen.holder.empty());
  EXPECT_FALSE(seen.Alive() || seen.loaded);
  const HostId one = Beat(1);
  ASSERT_TRUE(s.deploys.Take(app.id, one, {app.backend}).ok());
  seen = s.deploys.Attendance(app.id).value();
  EXPECT_EQ(seen.holder, one);
  EXPECT_TRUE(seen.Alive());
  EXPECT_FALSE(seen.loaded) << "it loads no plugin of that name";
  model::Host host;
  host.id = IdOf<HostId>(2);
  host.plugins = {{app.backend, "backend-docker", "ns.backend/1", "", true, false, "", "", ""}};
  ASSERT_TRUE(s.hosts.Beat(host, 1min).ok());
  EXPECT_FALSE(s.deploys.Attendance(app.id)->loaded) << "refused";
  host.plugins[0].healthy = true;
  ASSERT_TRUE(s.hosts.Beat(host, 1min).ok());
  EXPECT_TRUE(s.deploys.Attendance(app.id)->loaded);
  LetLapse(1);
  seen = s.deploys.Attendance(app.id).value();
  EXPECT_EQ(seen.holder, one);
  EXPECT_FALSE(seen.Alive());
  EXPECT_NE(seen.expires, kNever) << "since when nobody acts";
  ASSERT_EQ(s.hosts.Leave(one), Status());
  EXPECT_EQ(s.deploys.Attendance(app.id)->expires, kNever);
}

TEST_P(StoreContract, Leave_FreesWhatWasHeld) {
  const model::Application app = NewApp(1);
  const HostId one = Beat(1), two = Beat(2);
  ASSERT_TRUE(s.deploys.Take(app.id, one, {app.backend}).ok());
  ASSERT_TRUE(s.repositories.Take(app.repository, one).ok());
  EXPECT_TRUE(HeldByAnother(s.repositories.Take(app.repository, two).status()));
  ASSERT_EQ(s.hosts.Leave(one), Status());
  EXPECT_TRUE(s.deploys.Take(app.id, two, {app.backend}).ok());
  EXPECT_TRUE(s.repositories.Take(app.repository, two).ok());
}

// What the paused host still believes is refused wherever it writes.
TEST_P(StoreContract, WritesOfAHostThatHoldsNothing_AreRefused) {
  const model::Application app = NewApp(1);
  const HostId late = Beat(1), holder = Beat(2);
  ASSERT_TRUE(s.deploys.Take(app.id, holder, {app.backend}).ok());
  ASSERT_TRUE(s.repositories.Take(app.repository, holder).ok());
  EXPECT_TRUE(HeldByAnother(s.deploys.SetTarget(app.id, 0, {}, std::nullopt, late).status()));
  EXPECT_TRUE(HeldByAnother(s.deploys.SaveObserved(ObservedOf(app.id, 1), {}, late)));
  EXPECT_TRUE(HeldByAnother(s.builds.Register(BuildOf(1, app.id), {}, {}, late)));
  EXPECT_TRUE(HeldByAnother(
      s.repositories.SetCommits(app.repository, {{app.id, "main", kHashA}}, {}, late)));
  EXPECT_TRUE(
      HeldByAnother(s.events.SetConditions(model::Subject::kApplication, app.id.str(), {}, late)));
  EXPECT_TRUE(HeldByAnother(
      s.events.SetConditions(model::Subject::kRepository, app.repository.str(), {}, late)));
  EXPECT_TRUE(HeldByAnother(s.retention.CondemnImages(app.id, {}, late)));
  EXPECT_TRUE(HeldByAnother(s.retention.ImagesGone(app.id, {}, late)));
  EXPECT_TRUE(HeldByAnother(s.retention.DropLogs(app.id, {}, late)));
  EXPECT_TRUE(HeldByAnother(s.retention.DropReleases(app.id, {}, late)));
  EXPECT_TRUE(HeldByAnother(s.retention.History(app.id, late, {app.backend}).status()));
  ASSERT_EQ(s.apps.MarkDeleted(app.id), Status());
  EXPECT_TRUE(HeldByAnother(s.deploys.ConfirmRemoved(app.id, late)));
  EXPECT_EQ(s.deploys.ConfirmRemoved(app.id, holder), Status());
  EXPECT_TRUE(HeldByAnother(s.deploys.Purge(app.id, late)));
  EXPECT_EQ(s.apps.Get(app.id)->target.generation, 0);
  EXPECT_EQ(s.apps.Get(app.id)->commit, app.commit);
  EXPECT_EQ(s.deploys.Purge(app.id, holder), Status());
}

TEST_P(StoreContract, WritesOfTheHolder_EndWithItsLease) {
  const model::Application app = NewApp(1);
  const HostId holder = Beat(1);
  ASSERT_TRUE(s.deploys.Take(app.id, holder, {app.backend}).ok());
  ASSERT_TRUE(s.deploys.SetTarget(app.id, 0, {}, std::nullopt, holder).ok());
  LetLapse(1);
  EXPECT_TRUE(HeldByAnother(s.deploys.SetTarget(app.id, 1, {}, std::nullopt, holder).status()));
  Beat(1);
  EXPECT_TRUE(s.deploys.SetTarget(app.id, 1, {}, std::nullopt, holder).ok())
      << "nobody took it meanwhile";
}

TEST_P(StoreContract, Index_ListsWhatIsHeldWithItsVersionAndWhatIsFreeWithout) {
  const model::Application held = NewApp(1), free = NewApp(2), other = NewApp(3);
  const HostId one = Beat(1), two = Beat(2);
  ASSERT_TRUE(s.deploys.Take(held.id, one, {held.backend}).ok());
  ASSERT_TRUE(s.deploys.Take(other.id, two, {other.backend}).ok());
  const auto index = s.apps.Index(one, {held.backend}).value();
  ASSERT_THAT(index, SizeIs(2));
  EXPECT_EQ(index[0].key, held.id.str());
  EXPECT_EQ(index[0].version, s.deploys.Snapshot(held.id)->version);
  EXPECT_EQ(index[0].backend, "") << "nothing of it should be there yet";
  EXPECT_EQ(index[1], (model::Versioned{free.id.str(), 0}));
  ASSERT_TRUE(s.deploys.SetTarget(held.id, 0, {}, std::nullopt).ok());
  EXPECT_EQ(s.apps.Index(one, {}).value().at(0).backend, held.backend);
  EXPECT_THAT(s.apps.Index(one, {}).value(), SizeIs(1)) << "what it holds";
  ASSERT_TRUE(s.repositories.Take(held.repository, two).ok());
  EXPECT_THAT(s.repositories.Index(one).value(), IsEmpty());
  EXPECT_THAT(s.repositories.Index(two).value(), SizeIs(1));
}

TEST_P(StoreContract, VersionOfARepository_ChangesWithWhatTheFetcherSees) {
  const model::Application app = NewApp(1);
  const HostId holder = Beat(1);
  std::set<int64_t> seen = {0};
  const auto changes = [&](const char* what) {
    const int64_t version = s.repositories.Snapshot(app.repository)->version;
    EXPECT_TRUE(seen.insert(version).second) << what;
    EXPECT_EQ(s.repositories.Snapshot(app.repository)->version, version) << what;
  };
  ASSERT_EQ(s.repositories.Index(holder).value().at(0).version, 0) << "it is free";
  ASSERT_TRUE(s.repositories.Take(app.repository, holder).ok());
  changes("the first");
  EXPECT_EQ(s.repositories.Index(holder).value().at(0).version,
            s.repositories.Snapshot(app.repository)->version);
  ASSERT_EQ(s.repositories.SetCommits(app.repository, {{app.id, "main", kHashA}}, {}), Status());
  changes("a commit");
  model::Repository repository = s.repositories.Get(app.repository).value();
  repository.credentials = {model::GitAuth::kBasic, "ann", Secret("word"), Secret()};
  ASSERT_EQ(s.repositories.Update(repository), Status());
  changes("its credentials");
  repository.url += "/moved";
  ASSERT_EQ(s.repositories.Update(repository), Status());
  changes("its URL");
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kStopped, false), Status());
  ASSERT_EQ(s.apps.MarkDeleted(app.id), Status());
  changes("a follower less");
}

TEST_P(StoreContract, Version_GrowsWithWhatADecisionSees) {
  const model::Application app = NewApp(1);
  const HostId holder = Beat(1);
  ASSERT_TRUE(s.deploys.Take(app.id, holder, {app.backend}).ok());
  int64_t version = s.deploys.Snapshot(app.id)->version;
  EXPECT_GT(version, 0);
  const auto grows = [&](const char* what) {
    const int64_t now = s.deploys.Snapshot(app.id)->version;
    EXPECT_GT(now, version) << what;
    version = now;
  };
  ASSERT_EQ(s.apps.SetEnv(app.id, {"A", Secret("1")}), Status());
  grows("a variable");
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kStopped, false), Status());
  grows("what is desired");
  ASSERT_EQ(s.repositories.SetCommits(app.repository, {{app.id, "main", kHashA}}, {}), Status());
  grows("a commit");
  NewBuild(1, app.id);
  grows("a build");
  const model::Build claimed = Claimed(1);
  grows("a claim");
  Settle(claimed, model::BuildStatus::kSucceeded);
  grows("an end");
  ASSERT_TRUE(s.deploys.SetTarget(app.id, 0, {}, ReleaseOf(1, kHashA)).ok());
  grows("a target");
  ASSERT_EQ(s.apps.SetPin(app.id, IdOf<ReleaseId>(1)), Status());
  grows("a pin");
  EXPECT_GT(version, 1'000'000'000'000) << "a moment, no count: a restored database counts again";
}

TEST_P(StoreContract, Version_StaysWithWhatIsOnlySeen) {
  const model::Application app = NewApp(1);
  const model::Build build = (NewBuild(1, app.id), Claimed(1));
  const int64_t version = s.deploys.Snapshot(app.id)->version;
  ASSERT_TRUE(s.deploys.Take(app.id, Beat(1), {app.backend}).ok());
  ASSERT_EQ(s.deploys.SaveObserved(ObservedOf(app.id, 1),
                                   {{"Deploy", true, "Live", "", kNever, kNever, kNever}}),
            Status());
  ASSERT_EQ(s.builds.Renew(build.id, build.lease.token, 1min), Status());
  EXPECT_EQ(s.deploys.Snapshot(app.id)->version, version);
}

TEST_P(StoreContract, Release_KeepsTheSettingsItWasMadeWith) {
  const model::Application app = NewApp(1);
  model::Release release = ReleaseOf(1, kHashA);
  release.entrypoint = "/bin/serve";
  release.command = "--port 80";
  release.env = {{"A", Secret("1"), model::EnvScope::kRun, true, false},
                 {"B", Secret(""), model::EnvScope::kBoth, false, true}};
  model::Target next;
  next.release = release.id;
  ASSERT_TRUE(s.deploys.SetTarget(app.id, 0, next, release).ok());
  const auto stored = s.deploys.Snapshot(app.id)->release;
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->entrypoint, release.entrypoint);
  EXPECT_EQ(stored->command, release.command);
  EXPECT_EQ(stored->env, release.env);
  EXPECT_THAT(s.deploys.Releases(app.id, 1)->front().env, IsEmpty());
  EXPECT_EQ(s.deploys.Releases(app.id, 1)->front().command, release.command);
  EXPECT_EQ(s.deploys.Release(app.id, release.id).value(), *stored);
  EXPECT_EQ(s.deploys.Release(app.id, IdOf<ReleaseId>(9)).status().code(), Code::kNotFound);
  EXPECT_EQ(s.deploys.Release(NewApp(2).id, release.id).status().code(), Code::kNotFound);
}

TEST_P(StoreContract, Pin_IsOneOfTheApplicationsReleases) {
  const model::Application app = NewApp(1), other = NewApp(2);
  ASSERT_TRUE(s.deploys.SetTarget(app.id, 0, {}, ReleaseOf(1, kHashA)).ok());
  EXPECT_EQ(s.apps.SetPin(other.id, IdOf<ReleaseId>(1)).code(), Code::kNotFound);
  EXPECT_EQ(s.apps.SetPin(app.id, IdOf<ReleaseId>(9)).code(), Code::kNotFound);
  EXPECT_EQ(s.apps.SetPin(IdOf<AppId>(9), {}).code(), Code::kNotFound);
  EXPECT_THAT(HintsOf([&] { EXPECT_EQ(s.apps.SetPin(app.id, IdOf<ReleaseId>(1)), Status()); }),
              ElementsAre(AppHint(1)));
  EXPECT_EQ(s.apps.Get(app.id)->pinned, IdOf<ReleaseId>(1));
  EXPECT_GT(s.apps.Get(app.id)->updated_at, app.updated_at);
  EXPECT_EQ(s.deploys.Snapshot(app.id)->pinned->id, IdOf<ReleaseId>(1));
  ASSERT_EQ(s.apps.SetPin(app.id, {}), Status());
  EXPECT_FALSE(s.deploys.Snapshot(app.id)->pinned);
}

TEST_P(StoreContract, CondemnedImage_IsReleasedNoMoreAndBuiltAgain) {
  const model::Application app = NewApp(1);
  const auto succeed = [&](int n) {
    NewBuild(n, app.id, "key" + std::to_string(n));
    Settle(Claimed(n), model::BuildStatus::kSucceeded);
  };
  succeed(1);
  succeed(2);
  succeed(3);
  const auto release = [&](int n, int64_t generation) {
    model::Target next;
    next.release = IdOf<ReleaseId>(n);
    return s.deploys.SetTarget(app.id, generation, next, ReleaseOf(n, kHashA)).status();
  };
  ASSERT_EQ(release(1, 0), Status());
  ASSERT_EQ(release(2, 1), Status());
  ASSERT_EQ(release(3, 2), Status());
  ASSERT_EQ(s.apps.SetPin(app.id, IdOf<ReleaseId>(2)), Status());
  const std::vector<BuildId> all = {IdOf<BuildId>(1), IdOf<BuildId>(2), IdOf<BuildId>(3)};
  ASSERT_EQ(s.retention.CondemnImages(app.id, all), Status());
  const auto state = [&](int n) { return s.builds.Get(IdOf<BuildId>(n))->image_state; };
  EXPECT_EQ(state(1), model::ImageState::kCondemned);
  EXPECT_EQ(state(2), model::ImageState::kKept) << "pinned";
  EXPECT_EQ(state(3), model::ImageState::kKept) << "runs";
  EXPECT_TRUE(s.deploys.Releases(app.id, 3)->back().image_gone);
  EXPECT_EQ(s.apps.SetPin(app.id, IdOf<ReleaseId>(1)).code(), Code::kPrecondition);
  model::Target back;
  back.release = IdOf<ReleaseId>(1);
  EXPECT_EQ(s.deploys.SetTarget(app.id, 3, back, std::nullopt).status().code(), Code::kStale);
  EXPECT_EQ(s.builds.Register(BuildOf(4, app.id, "key1"), {}, {}), Status()) << "built again";
  EXPECT_EQ(s.builds.Register(BuildOf(5, app.id, "key2"), {}, {}).code(), Code::kExists);
  ASSERT_EQ(s.retention.ImagesGone(app.id, all), Status());
  EXPECT_EQ(state(1), model::ImageState::kGone);
  EXPECT_EQ(state(2), model::ImageState::kKept);
}

TEST_P(StoreContract, Touch_SaysThatAllIsAsItWas) {
  const model::Application seen = NewApp(1), unseen = NewApp(2), fails = NewApp(3);
  const HostId holder = Beat(1), other = Beat(2);
  const auto save = [&](const AppId& app, bool ok) {
    ASSERT_EQ(s.events.SetConditions(model::Subject::kApplication, app.str(),
                                     {{"Deploy", false, "Waiting", "m", kNever, kNever, kNever},
                                      {"Observed", ok, "R", "m", kNever, kNever, kNever},
                                      {"Source", true, "R", "m", kNever, kNever, kNever}}),
              Status());
  };
  save(seen.id, true);
  save(fails.id, false);
  for (const AppId& app : {seen.id, unseen.id, fails.id})
    ASSERT_TRUE(s.deploys.Take(app, holder, {seen.backend}).ok());
  const auto before = s.events.Conditions(model::Subject::kApplication, seen.id.str()).value();
  under_test_->Advance(20ms);
  const auto touch = [&](const HostId& by) {
    return s.events
        .Touch(model::Subject::kApplication,
               {seen.id.str(), unseen.id.str(), fails.id.str(), "nothing"}, {"Observed", "Deploy"},
               3min, by)
        .value();
  };
  EXPECT_THAT(touch(other), IsEmpty());
  EXPECT_EQ(s.events.Conditions(model::Subject::kApplication, seen.id.str()).value(), before);
  EXPECT_THAT(touch(holder), ElementsAre(seen.id.str()));
  const auto after = s.events.Conditions(model::Subject::kApplication, seen.id.str()).value();
  for (size_t i : {0, 1}) {
    EXPECT_GT(after.at(i).last_looked, before.at(i).last_looked) << after[i].type;
    EXPECT_EQ(after[i].next_look, after[i].last_looked + 3min);
    EXPECT_EQ(after[i].since, before[i].since);
    EXPECT_EQ(after[i].reason, before[i].reason);
  }
  EXPECT_EQ(after.at(2), before.at(2)) << "not of these types";
  EXPECT_FALSE(s.events.Conditions(model::Subject::kApplication, fails.id.str())->at(1).ok);

  const std::string repository = seen.repository.str();
  ASSERT_EQ(s.events.SetConditions(model::Subject::kRepository, repository,
                                   {{"Fetch", true, "Fetched", "", kNever, kNever, kNever}}),
            Status());
  const auto fetched = [&](const HostId& by) {
    return s.events.Touch(model::Subject::kRepository, {repository}, {"Fetch"}, {}, by).value();
  };
  EXPECT_THAT(fetched(holder), IsEmpty()) << "nobody holds it";
  EXPECT_THAT(fetched(kNobody), ElementsAre(repository)) << "nothing is checked";
}

TEST_P(StoreContract, History_HoldsEverythingThatTheCleanerNeeds) {
  const model::Application app = NewApp(1);
  NewBuild(1, app.id, "one");
  const model::Build claimed = Claimed(1);
  ASSERT_TRUE(s.logs.Append(claimed.id, claimed.lease.token, 0, "log").ok());
  Settle(claimed, model::BuildStatus::kFailed);
  NewBuild(2, app.id, "two");
  ASSERT_TRUE(s.deploys.SetTarget(app.id, 0, {}, ReleaseOf(1, kHashA)).ok());
  model::AppHistory history = s.retention.History(app.id, kNobody, {}).value();
  EXPECT_EQ(history.app.id, app.id);
  EXPECT_FALSE(history.removed);
  ASSERT_THAT(history.builds, SizeIs(2));
  EXPECT_EQ(history.builds[0].id, IdOf<BuildId>(2));
  EXPECT_THAT(history.releases, SizeIs(1));
  EXPECT_THAT(history.logged, ElementsAre(claimed.id));
  EXPECT_EQ(history.version, s.deploys.Snapshot(app.id)->version);
  EXPECT_NE(history.now, kNever);
  ASSERT_EQ(s.retention.DropLogs(app.id, {IdOf<BuildId>(1), IdOf<BuildId>(2)}), Status());
  history = s.retention.History(app.id, kNobody, {}).value();
  EXPECT_THAT(history.logged, IsEmpty());
  EXPECT_EQ(s.retention.History(IdOf<AppId>(9), kNobody, {}).status().code(), Code::kNotFound);
}

TEST_P(StoreContract, History_TellsWhetherTheCleanerIsStuck) {
  const model::Application app = NewApp(1);
  const auto stuck = [&] { return s.retention.History(app.id, kNobody, {})->stuck; };
  const auto say = [&](const char* type, bool ok) {
    return s.events.SetConditions(model::Subject::kApplication, app.id.str(),
                                  {{type, ok, "Reason", "", kNever, kNever, kNever}});
  };
  EXPECT_FALSE(stuck());
  ASSERT_EQ(say("Deploy", false), Status());
  EXPECT_FALSE(stuck());
  ASSERT_EQ(say("Cleanup", false), Status());
  EXPECT_TRUE(stuck());
  ASSERT_EQ(say("Cleanup", true), Status());
  EXPECT_FALSE(stuck());
}

TEST_P(StoreContract, DropReleases_SparesWhatRunsOrIsPinned) {
  const model::Application app = NewApp(1);
  for (int n = 1; n <= 3; ++n) {
    model::Target next;
    next.release = IdOf<ReleaseId>(n);
    ASSERT_TRUE(s.deploys.SetTarget(app.id, n - 1, next, ReleaseOf(n, kHashA)).ok());
  }
  ASSERT_EQ(s.apps.SetPin(app.id, IdOf<ReleaseId>(1)), Status());
  const std::vector<ReleaseId> all = {IdOf<ReleaseId>(1), IdOf<ReleaseId>(2), IdOf<ReleaseId>(3)};
  const model::Application other = NewApp(2);
  ASSERT_EQ(s.retention.DropReleases(other.id, all), Status()) << "not its own";
  EXPECT_THAT(s.deploys.Releases(app.id, 10).value(), SizeIs(3));
  ASSERT_EQ(s.retention.DropReleases(app.id, all), Status());
  const auto left = s.deploys.Releases(app.id, 10).value();
  ASSERT_THAT(left, SizeIs(2));
  EXPECT_EQ(left[0].id, all[2]);
  EXPECT_EQ(left[1].id, all[0]);
  EXPECT_EQ(s.retention.DropReleases(IdOf<AppId>(9), {}).code(), Code::kNotFound);
}

TEST_P(StoreContract, DropEvents_TakesTheOldestFirst) {
  NewApp(1);
  NewApp(2);
  const auto numbers = [&] {
    std::vector<int64_t> cursors;
    const EventPage page = s.events.After({}, "", 1000).value();
    for (const model::Event& event : page.events) cursors.push_back(event.cursor);
    return cursors;
  };
  const std::vector<int64_t> all = numbers();
  ASSERT_GE(all.size(), 3u);
  EXPECT_EQ(s.retention.DropEvents(std::chrono::hours(1), 1000).value(), 0) << "none is so old";
  EXPECT_EQ(s.retention.DropEvents(Duration::zero(), 2).value(), 2);
  EXPECT_EQ(numbers(), std::vector<int64_t>(all.begin() + 2, all.end()));
  EXPECT_EQ(s.retention.DropEvents(Duration::zero(), 1000).value(), std::ssize(all) - 2);
  EXPECT_THAT(numbers(), IsEmpty());
}

TEST_P(StoreContract, ConditionsNextLook_IsOnTheDatabasesClock) {
  const model::Application app = NewApp(1);
  model::Condition condition{"Deploy", true, "Live", "", kNever, kNever, kNever};
  condition.next_in = 3min;
  ASSERT_EQ(s.events.SetConditions(model::Subject::kApplication, app.id.str(), {condition}),
            Status());
  const auto stored = s.events.Conditions(model::Subject::kApplication, app.id.str()).value();
  ASSERT_THAT(stored, SizeIs(1));
  EXPECT_EQ(stored[0].next_look, stored[0].last_looked + 3min);
}

TEST_P(StoreContract, ClaimAll_ClaimsEachOnceInTheOrderGiven) {
  for (int n = 1; n <= 3; ++n) NewBuild(n, NewApp(n).id);
  Claimed(2);
  const auto claimed = s.builds
                           .ClaimAll({{IdOf<BuildId>(3), IdOf<HostId>(1)},
                                      {IdOf<BuildId>(2), IdOf<HostId>(1)},
                                      {IdOf<BuildId>(9), IdOf<HostId>(1)},
                                      {IdOf<BuildId>(1), IdOf<HostId>(2)}},
                                     1min)
                           .value();
  ASSERT_THAT(claimed, SizeIs(2));
  EXPECT_EQ(claimed[0].id, IdOf<BuildId>(3));
  EXPECT_EQ(claimed[1].id, IdOf<BuildId>(1));
  EXPECT_EQ(claimed[1].lease.host, IdOf<HostId>(2));
  EXPECT_EQ(claimed[1].attempt, 1);
  EXPECT_NE(claimed[0].lease.token, claimed[1].lease.token);
}

}  // namespace ns::ports::testing
