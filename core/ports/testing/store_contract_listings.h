// Included by store_contract.h: what answers show of many rows at once.
#pragma once

#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

class ListingContract : public StoreContract {
 protected:
  // Of an application that is there.
  AppStamp StampOf(int n) {
    const auto stamps = s.listings.Stamps({}).value();
    const auto found = std::ranges::find(stamps, IdOf<AppId>(n), &AppStamp::id);
    return found == stamps.end() ? AppStamp() : *found;
  }
  ListedApp ListedOf(int n) {
    auto listed = s.listings.Apps({IdOf<AppId>(n)}).value();
    return listed.empty() ? ListedApp() : listed.front();
  }
  std::vector<AppId> Ids(const AppScope& scope) {
    std::vector<AppId> ids;
    const auto all = s.listings.Stamps(scope).value();
    for (const AppStamp& stamp : all) ids.push_back(stamp.id);
    return ids;
  }
  std::vector<BuildId> BuildsOf(const std::optional<UserId>& seer, int64_t offset = 0,
                                int limit = 10) {
    std::vector<BuildId> ids;
    const auto all = s.listings.Builds({seer, {}}, offset, limit).value();
    for (const model::Build& build : all) ids.push_back(build.id);
    return ids;
  }
  std::vector<RepositoryId> Repositories(RepositoryScope scope, const UserId& user) {
    std::vector<RepositoryId> ids;
    const auto all = s.listings.Repositories(scope, user).value();
    for (const model::Repository& one : all) ids.push_back(one.id);
    return ids;
  }
  // Needs credentials, and belongs to `owner`.
  RepositoryId NewPrivateRepository(int n, const UserId& owner) {
    model::Repository repository;
    repository.id = IdOf<RepositoryId>(n);
    repository.name = "private" + std::to_string(n);
    repository.url = "https://git.example.com/" + repository.name;
    repository.credentials = {model::GitAuth::kBasic, "bot", Secret("hunter2"), Secret()};
    repository.owners = {owner};
    EXPECT_EQ(s.repositories.Insert(repository), Status());
    return repository.id;
  }
  // Of that repository, owned by `owner` alone.
  void NewAppOf(int n, const RepositoryId& repository, const UserId& owner) {
    model::Application app = AppOf(n, repository);
    app.owners = {owner};
    EXPECT_EQ(s.apps.Insert(app, nullptr), Status());
  }
  model::ObservedApp Seen(int n, model::ContainerState container, const std::string& message) {
    model::ObservedApp seen;
    seen.id = IdOf<AppId>(n);
    seen.container = container;
    seen.message = message;
    seen.observed_at = Time(1s);
    return seen;
  }
};

TEST_P(ListingContract, Stamps_AreInOrderOfCreationByOwnerAndRepositoryWithoutTombstones) {
  const UserId alice = NewUser("alice").id, bob = NewUser("bob").id;
  NewRepository(1);
  NewRepository(2);
  NewAppOf(3, IdOf<RepositoryId>(1), alice);
  NewAppOf(1, IdOf<RepositoryId>(2), alice);
  NewAppOf(2, IdOf<RepositoryId>(2), bob);
  NewAppOf(4, IdOf<RepositoryId>(1), bob);
  ASSERT_EQ(s.apps.MarkDeleted(IdOf<AppId>(4)), Status());
  EXPECT_THAT(Ids({}), ElementsAre(IdOf<AppId>(3), IdOf<AppId>(1), IdOf<AppId>(2)));
  EXPECT_THAT(Ids({alice, {}}), ElementsAre(IdOf<AppId>(3), IdOf<AppId>(1)));
  EXPECT_THAT(Ids({{}, IdOf<RepositoryId>(2)}), ElementsAre(IdOf<AppId>(1), IdOf<AppId>(2)));
  EXPECT_THAT(Ids({bob, IdOf<RepositoryId>(2)}), ElementsAre(IdOf<AppId>(2)));
  EXPECT_THAT(Ids({bob, IdOf<RepositoryId>(1)}), IsEmpty());
  EXPECT_THAT(Ids({{}, {}, std::vector{IdOf<AppId>(2), IdOf<AppId>(3), IdOf<AppId>(4)}}),
              ElementsAre(IdOf<AppId>(3), IdOf<AppId>(2)));
  EXPECT_THAT(Ids({alice, IdOf<RepositoryId>(2), std::vector{IdOf<AppId>(1), IdOf<AppId>(3)}}),
              ElementsAre(IdOf<AppId>(1)));
  EXPECT_THAT(Ids({{}, {}, std::vector<AppId>()}), IsEmpty());
}

TEST_P(ListingContract, Apps_AreWholeWithWhatStandsBesideThem) {
  const model::Application app = NewApp(1);
  NewApp(2);
  ListedApp listed = ListedOf(1);
  EXPECT_EQ(listed.app, app);
  EXPECT_EQ(listed.stamp, StampOf(1));
  EXPECT_EQ(listed.current_build, BuildId());
  EXPECT_EQ(listed.latest_status, std::nullopt);
  NewBuild(1, app.id);
  Settle(Claimed(1), model::BuildStatus::kSucceeded);
  NewBuild(2, app.id, "other key");
  model::Release release;
  release.id = IdOf<ReleaseId>(5);
  release.build = IdOf<BuildId>(1);
  ASSERT_TRUE(
      s.deploys
          .SetTarget(app.id, 0, {1, model::DesiredState::kRunning, release.id, "r", "t"}, release)
          .ok());
  ASSERT_EQ(s.deploys.SaveObserved(Seen(1, model::ContainerState::kExited, "exit code 3"), {}),
            Status());
  listed = ListedOf(1);
  EXPECT_EQ(listed.current_build, IdOf<BuildId>(1));
  EXPECT_EQ(listed.latest_status, model::BuildStatus::kQueued);
  EXPECT_EQ(listed.stamp.container, model::ContainerState::kExited);
  EXPECT_EQ(listed.stamp.message, "exit code 3");
  EXPECT_EQ(listed.stamp, StampOf(1));
  EXPECT_EQ(ListedOf(2).current_build, BuildId());
  EXPECT_THAT(s.listings.Apps({IdOf<AppId>(2), IdOf<AppId>(9), IdOf<AppId>(1)}).value(), SizeIs(2));
}

// What is shown may be kept for as long as the stamp is the same, so none of it may change alone.
TEST_P(ListingContract, Stamp_ChangesWithEverythingThatIsShown) {
  model::Application app = NewApp(1);
  AppStamp before = StampOf(1);
  const auto changed = [&](const char* what) {
    const AppStamp now = StampOf(1);
    EXPECT_NE(now, before) << what;
    EXPECT_GE(now.version, before.version) << what;
    before = now;
  };
  app.name = "renamed";
  ASSERT_EQ(s.apps.Update(app, app.updated_at, nullptr), Status());
  changed("name");
  app = s.apps.Get(app.id).value();
  app.websites.pop_back();
  app.owners.pop_back();
  ASSERT_EQ(s.apps.Update(app, app.updated_at, nullptr), Status());
  changed("websites and owners");
  ASSERT_EQ(s.apps.SetDesired(app.id, model::DesiredState::kRunning, false), Status());
  changed("desired");
  ASSERT_EQ(s.repositories.SetCommits(app.repository, {{app.id, app.ref, kHashA}}, {}), Status());
  changed("commit");
  NewBuild(1, app.id);
  changed("a build");
  const model::Build claimed = Claimed(1);
  changed("a build that began");
  Settle(claimed, model::BuildStatus::kSucceeded);
  changed("a build that ended");
  model::Release release;
  release.id = IdOf<ReleaseId>(5);
  release.build = claimed.id;
  ASSERT_TRUE(
      s.deploys
          .SetTarget(app.id, 0, {1, model::DesiredState::kRunning, release.id, "r", "t"}, release)
          .ok());
  changed("a release");
  ASSERT_EQ(s.deploys.SaveObserved(Seen(1, model::ContainerState::kRunning, ""), {}), Status());
  changed("the container");
  ASSERT_EQ(s.deploys.SaveObserved(Seen(1, model::ContainerState::kRunning, "slow"), {}), Status());
  changed("what is said of it");
  EXPECT_EQ(StampOf(1), before);
}

TEST_P(ListingContract, Builds_AreThoseOfOwnAndOpenApplicationsNewestFirstByPage) {
  const UserId alice = NewUser("alice").id, bob = NewUser("bob").id, eve = NewUser("eve").id;
  NewRepository(1);
  NewAppOf(1, IdOf<RepositoryId>(1), alice);
  NewAppOf(2, NewPrivateRepository(2, alice), bob);
  NewAppOf(3, IdOf<RepositoryId>(1), alice);
  NewBuild(1, IdOf<AppId>(1));
  NewBuild(2, IdOf<AppId>(2));
  NewBuild(3, IdOf<AppId>(1), "other key");
  NewBuild(4, IdOf<AppId>(3));
  ASSERT_EQ(s.apps.MarkDeleted(IdOf<AppId>(3)), Status());
  const BuildId one = IdOf<BuildId>(1), two = IdOf<BuildId>(2), three = IdOf<BuildId>(3);
  EXPECT_THAT(BuildsOf({}), ElementsAre(IdOf<BuildId>(4), three, two, one));
  EXPECT_THAT(BuildsOf(bob), ElementsAre(three, two, one));
  EXPECT_THAT(BuildsOf(alice), ElementsAre(three, two, one)) << "who owns the repository";
  EXPECT_THAT(BuildsOf(eve), ElementsAre(three, one));
  EXPECT_THAT(BuildsOf(eve, 1, 1), ElementsAre(one)) << "pages are of what is shown";
  EXPECT_THAT(BuildsOf(eve, 2, 1), IsEmpty());
  const auto among = [&](const std::optional<UserId>& seer, std::vector<AppId> apps) {
    return s.listings.Builds({seer, std::move(apps)}, 0, 10).value().size();
  };
  EXPECT_EQ(among({}, {IdOf<AppId>(1), IdOf<AppId>(3)}), 3u);
  EXPECT_EQ(among(eve, {IdOf<AppId>(2), IdOf<AppId>(3)}), 0u);
  EXPECT_EQ(among(bob, {IdOf<AppId>(2)}), 1u);
}

TEST_P(ListingContract, Repositories_AreThoseOfTheirScopeByName) {
  const UserId alice = NewUser("alice").id, bob = NewUser("bob").id;
  const RepositoryId open = NewRepository(1).id, hidden = NewPrivateRepository(2, bob),
                     used = NewPrivateRepository(3, bob);
  NewAppOf(1, used, bob);
  EXPECT_THAT(Repositories(RepositoryScope::kOwned, alice), ElementsAre(open));
  EXPECT_THAT(Repositories(RepositoryScope::kOwned, bob), ElementsAre(hidden, used));
  EXPECT_THAT(Repositories(RepositoryScope::kUsable, alice), ElementsAre(open));
  EXPECT_THAT(Repositories(RepositoryScope::kUsable, bob), ElementsAre(hidden, used, open));
  EXPECT_THAT(Repositories(RepositoryScope::kVisible, alice), ElementsAre(used, open));
  EXPECT_THAT(Repositories(RepositoryScope::kAll, alice), ElementsAre(hidden, used, open));
  const auto listed = s.listings.Repositories(RepositoryScope::kOwned, bob).value();
  EXPECT_EQ(listed[0].credentials,
            (model::GitCredentials{model::GitAuth::kBasic, "", Secret(), Secret()}));
  EXPECT_THAT(listed[0].owners, ElementsAre(bob));
  ASSERT_EQ(s.apps.MarkDeleted(IdOf<AppId>(1)), Status());
  EXPECT_THAT(Repositories(RepositoryScope::kVisible, alice), ElementsAre(open));
}

TEST_P(ListingContract, AppsOfARepository_AreNamedWithTombstones) {
  NewApp(2);
  NewApp(1);
  NewRepository(2);
  ASSERT_EQ(s.apps.MarkDeleted(IdOf<AppId>(2)), Status());
  EXPECT_THAT(
      s.listings.AppsOf(IdOf<RepositoryId>(1)).value(),
      ElementsAre(AppName{IdOf<AppId>(2), "app2", true}, AppName{IdOf<AppId>(1), "app1", false}));
  EXPECT_THAT(s.listings.AppsOf(IdOf<RepositoryId>(2)).value(), IsEmpty());
}

TEST_P(ListingContract, Places_AreRepositoriesOfApplicationsThatAreAtACommitOrWereBuiltFromIt) {
  const model::Application app = NewApp(1);
  NewRepository(2);
  NewAppOf(2, IdOf<RepositoryId>(2), NewUser().id);
  NewAppOf(3, IdOf<RepositoryId>(2), NewUser().id);
  NewBuild(1, app.id);
  NewBuild(2, app.id, "other key");
  ASSERT_EQ(s.repositories.SetCommits(
                IdOf<RepositoryId>(2),
                {{IdOf<AppId>(2), "main", kHashA}, {IdOf<AppId>(3), "main", kHashB}}, {}),
            Status());
  ASSERT_EQ(s.apps.MarkDeleted(IdOf<AppId>(3)), Status());
  EXPECT_THAT(s.listings.Places({kHashB, kHashA}).value(),
              ElementsAre(CommitPlace{kHashA, IdOf<RepositoryId>(1)},
                          CommitPlace{kHashA, IdOf<RepositoryId>(2)}));
  EXPECT_THAT(s.listings.Places({}).value(), IsEmpty());
}

// Each as Snapshot shows it alone, with what stands elsewhere.
TEST_P(ListingContract, Standings_OfMany_AreThoseOfEach) {
  const model::Application first = NewApp(1);
  NewRepository(2);
  NewAppOf(2, IdOf<RepositoryId>(2), NewUser().id);
  NewAppOf(3, IdOf<RepositoryId>(2), NewUser().id);
  ASSERT_EQ(s.apps.SetEnv(first.id, {"KEY", Secret("value")}), Status());
  for (int n : {1, 2}) NewBuild(n, first.id, "key" + std::to_string(n));
  NewBuild(3, IdOf<AppId>(2));
  ASSERT_EQ(s.deploys.SaveObserved(Seen(2, model::ContainerState::kRunning, "runs"),
                                   {{"Deploy", true, "Live", "", kNever, kNever, kNever}}),
            Status());
  ASSERT_EQ(s.events.SetConditions(model::Subject::kRepository, IdOf<RepositoryId>(2).str(),
                                   {{"Fetch", false, "Gone", "", kNever, kNever, kNever}}),
            Status());
  const auto standings =
      s.listings.Standings({IdOf<AppId>(2), IdOf<AppId>(9), first.id, IdOf<AppId>(1)}).value();
  ASSERT_EQ(standings.size(), 2u);
  for (const AppStanding& one : standings) {
    const auto alone = s.deploys.Snapshot(one.snapshot.app.id).value();
    EXPECT_EQ(one.snapshot.app, alone.app);
    EXPECT_EQ(one.snapshot.builds, alone.builds);
    EXPECT_EQ(one.snapshot.release, alone.release);
    EXPECT_EQ(one.snapshot.observed, alone.observed);
    EXPECT_EQ(one.snapshot.conditions, alone.conditions);
    EXPECT_EQ(one.snapshot.version, alone.version);
    EXPECT_EQ(one.attendance.holder, s.deploys.Attendance(alone.app.id)->holder);
  }
  EXPECT_EQ(standings[0].snapshot.app.id, first.id) << "in order of creation";
  EXPECT_THAT(standings[0].snapshot.builds, SizeIs(2));
  EXPECT_THAT(standings[0].of_repository, IsEmpty());
  EXPECT_TRUE(standings[1].snapshot.observed);
  ASSERT_THAT(standings[1].of_repository, SizeIs(1));
  EXPECT_EQ(standings[1].of_repository[0].reason, "Gone");
  EXPECT_THAT(s.listings.Standings({}).value(), IsEmpty());
}

TEST_P(ListingContract, LastDurations_AreOfTheNewestThatSucceeded) {
  NewApp(1);
  NewRepository(2);
  NewAppOf(2, IdOf<RepositoryId>(2), NewUser().id);
  NewBuild(1, IdOf<AppId>(1), "first");
  const model::Build succeeded = Claimed(1);
  under_test_->Advance(std::chrono::milliseconds(30));
  Settle(succeeded, model::BuildStatus::kSucceeded);
  NewBuild(2, IdOf<AppId>(1), "second");
  Settle(Claimed(2), model::BuildStatus::kFailed);
  NewBuild(3, IdOf<AppId>(1), "third");
  NewBuild(4, IdOf<AppId>(2));
  const auto took = s.listings.LastDurations({IdOf<AppId>(1), IdOf<AppId>(2)}).value();
  ASSERT_THAT(took, SizeIs(1));
  EXPECT_GE(took.at(IdOf<AppId>(1)), std::chrono::milliseconds(30));
  EXPECT_LT(took.at(IdOf<AppId>(1)), std::chrono::seconds(20));
}

TEST_P(ListingContract, TakenHosts_AreThoseWhoseRootALiveApplicationHas) {
  model::Application app = NewApp(1);
  app.websites = {{.id = IdOf<WebsiteId>(1), .fqdn = "b.test"},
                  {.id = IdOf<WebsiteId>(2), .fqdn = "b.test", .https = true},
                  {.id = IdOf<WebsiteId>(3), .fqdn = "a.test", .path_prefix = "/"},
                  {.id = IdOf<WebsiteId>(4), .fqdn = "c.test", .path_prefix = "/docs"},
                  {.id = IdOf<WebsiteId>(5), .fqdn = "unasked.test"}};
  ASSERT_EQ(s.apps.Update(app, app.updated_at, nullptr), Status());
  const std::vector<std::string> hosts = {"c.test", "b.test", "a.test", "d.test", "*.b.test"};
  EXPECT_THAT(s.listings.TakenHosts(hosts).value(), ElementsAre("a.test", "b.test"));
  EXPECT_THAT(s.listings.TakenHosts({}).value(), IsEmpty());
  ASSERT_EQ(s.apps.MarkDeleted(app.id), Status());
  EXPECT_THAT(s.listings.TakenHosts(hosts).value(), IsEmpty());
}

TEST_P(ListingContract, RepositoryOfAnotherState_IsNotReplaced) {
  model::Repository stored = NewRepository(1);
  model::Repository mine = stored, theirs = stored;
  mine.name = "mine";
  theirs.credentials = {model::GitAuth::kBasic, "bot", Secret("new"), Secret()};
  ASSERT_EQ(s.repositories.Update(theirs, kPlatform, {stored, {}}), Status());
  EXPECT_EQ(s.repositories.Update(mine, kPlatform, {stored, {}}).code(), Code::kStale);
  EXPECT_EQ(s.repositories.Get(stored.id).value(), theirs);
  mine.credentials = theirs.credentials;
  EXPECT_EQ(s.repositories.Update(mine, kPlatform, {theirs, {}}), Status());
  stored.id = IdOf<RepositoryId>(9);
  EXPECT_EQ(s.repositories.Update(stored, kPlatform, {stored, {}}).code(), Code::kNotFound);
}

TEST_P(ListingContract, GeneratedKey_GoesWithOneRepository) {
  const UserId alice = NewUser().id;
  const Time later = Time(std::chrono::hours(24 * 365 * 200));
  for (int n : {1, 2})
    ASSERT_EQ(s.users.SaveKey({IdOf<KeyId>(n), alice, "ssh-ed25519 AAAA", Secret("KEY"), later}),
              Status());
  NewRepository(1);
  model::Repository taken = NewRepository(2);
  taken.id = IdOf<RepositoryId>(3);
  EXPECT_EQ(s.repositories.Insert(taken, kPlatform, {{}, IdOf<KeyId>(1)}).code(), Code::kExists);
  EXPECT_TRUE(s.users.Key(IdOf<KeyId>(1), alice).ok()) << "what failed has not used it";
  taken.url += "3";
  EXPECT_EQ(s.repositories.Insert(taken, kPlatform, {{}, IdOf<KeyId>(1)}), Status());
  EXPECT_EQ(s.users.Key(IdOf<KeyId>(1), alice).status().code(), Code::kNotFound);
  taken.id = IdOf<RepositoryId>(4);
  taken.url += "4";
  const Status again = s.repositories.Insert(taken, kPlatform, {{}, IdOf<KeyId>(1)});
  EXPECT_EQ(again.code(), Code::kPrecondition);
  EXPECT_EQ(again.reason(), "KeySpent");
  taken.id = IdOf<RepositoryId>(3);
  EXPECT_EQ(s.repositories.Update(taken, kPlatform, {{}, IdOf<KeyId>(2)}), Status());
  EXPECT_EQ(s.repositories.Update(taken, kPlatform, {{}, IdOf<KeyId>(2)}).reason(), "KeySpent");
}

}  // namespace ns::ports::testing
