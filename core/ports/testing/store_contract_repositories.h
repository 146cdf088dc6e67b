// Included by store_contract.h: repositories, and the commits that were seen of them.
#pragma once

#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

TEST_P(StoreContract, Repository_InsertedThenRead_IsTheSameWithCredentials) {
  model::Repository repository;
  repository.id = IdOf<RepositoryId>(3);
  repository.name = "a \"quoted\" {name}, ünïcode \\";
  repository.url = "git@git.example.com:a/b.git";
  repository.credentials = {model::GitAuth::kSsh,
                            "git",
                            Secret("pass\nword"),
                            Secret("-----BEGIN KEY-----"),
                            {"ssh-ed25519 AAAA", "ssh-rsa BBBB"}};
  repository.owners = {NewUser("bob").id, NewUser("alice").id};
  ASSERT_EQ(s.repositories.Insert(repository), Status());
  EXPECT_EQ(s.repositories.Get(repository.id).value(), repository);
}

// Made by ssh-keygen, which prints these fingerprints of them.
inline const std::vector<std::string> kHostKeys = {
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMU9BrlXcmNpMRFMPyIDa3AZotTqx5+vV5fbiZBeJx0A",
    "ecdsa-sha2-nistp256 "
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKUomXqOFIsTr6HVQteer8h++uxTSf8Mc7juWJ3gf3"
    "mUyyuCtXluqHKhjt/ZPf/9/N09FgynY1lk4MPPuPRmBBc="};
inline const std::string kHostPrints[] = {
    "SHA256:I2uPmBOJYt2wD4JAPKsSaYxhrKgvEpHCGiBMi5Ep6lE (ssh-ed25519)",
    "SHA256:K7P8k2oBLW3OeQ+VQHOVBn8iCOe7+RFYu3kBJVnoBTc (ecdsa-sha2-nistp256)"};

TEST_P(StoreContract, HostKeys_AreKeptAndEachChangeIsTold) {
  model::Repository repository = NewRepository(1);
  repository.url = "git@git.example.com:a/b.git";
  repository.credentials.method = model::GitAuth::kSsh;
  ASSERT_EQ(s.repositories.Update(repository), Status());
  repository.credentials.host_keys = kHostKeys;
  const UserId alice = NewUser("alice").id;
  const int64_t before = s.repositories.Snapshot(repository.id)->version;
  ASSERT_EQ(s.repositories.Update(repository, alice, {}), Status());
  EXPECT_EQ(s.repositories.Get(repository.id).value(), repository);
  EXPECT_NE(s.repositories.Snapshot(repository.id)->version, before);
  ASSERT_EQ(s.repositories.Update(repository, alice, {}), Status());
  repository.credentials.host_keys = {kHostKeys[1]};
  ASSERT_EQ(s.repositories.Update(repository, alice, {}), Status());
  std::vector<std::string> told;
  const auto events =
      s.events.List(model::Subject::kRepository, repository.id.str(), 0, 1000).value();
  for (const model::Event& event : events) {
    if (event.kind != "host_keys.changed") continue;
    EXPECT_EQ(event.actor, alice.str());
    told.push_back(event.message);
  }
  EXPECT_THAT(told, ElementsAre(kHostPrints[0] + ", " + kHostPrints[1], kHostPrints[1]));
}

TEST_P(StoreContract, PinnedHostKeys_TakeThePlaceOfNoneAlone) {
  const model::Repository repository = NewRepository(1);
  const std::vector<std::string> one = {kHostKeys[0]}, other = {kHostKeys[1]};
  EXPECT_EQ(s.repositories.PinHostKeys(repository.id, "git@git.test:gone.git", one).code(),
            Code::kStale);
  EXPECT_EQ(s.repositories.PinHostKeys(IdOf<RepositoryId>(9), repository.url, one).code(),
            Code::kStale);
  ASSERT_EQ(s.repositories.PinHostKeys(repository.id, repository.url, one), Status());
  EXPECT_EQ(s.repositories.PinHostKeys(repository.id, repository.url, other).code(), Code::kStale);
  EXPECT_EQ(s.repositories.Get(repository.id)->credentials.host_keys, one);
  const model::Event told =
      s.events.List(model::Subject::kRepository, repository.id.str(), 0, 1000)->back();
  EXPECT_EQ(told.kind, "host_keys.changed");
  EXPECT_EQ(told.actor, "platform");
  EXPECT_EQ(told.message, kHostPrints[0]);
}

TEST_P(StoreContract, Repositories_Listed_ByNameWithoutCredentials) {
  model::Repository one = NewRepository(1), two = NewRepository(2);
  one.name = "zzz";
  one.credentials = {model::GitAuth::kBasic, "user", Secret("password"), Secret()};
  ASSERT_EQ(s.repositories.Update(one), Status());
  const auto all = s.repositories.List().value();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0], two);
  EXPECT_EQ(all[1].id, one.id);
  EXPECT_EQ(all[1].credentials,
            (model::GitCredentials{model::GitAuth::kBasic, "", Secret(), Secret()}));
  EXPECT_EQ(all[1].owners, one.owners);
}

TEST_P(StoreContract, Repository_UrlOfAnother_IsRefused) {
  const model::Repository one = NewRepository(1);
  model::Repository two = NewRepository(2);
  two.url = one.url;
  EXPECT_EQ(s.repositories.Update(two).code(), Code::kExists);
  two.id = IdOf<RepositoryId>(3);
  EXPECT_EQ(s.repositories.Insert(two).code(), Code::kExists);
  EXPECT_THAT(s.repositories.List().value(), SizeIs(2));
}

TEST_P(StoreContract, Repository_UnknownOwner_IsRefusedWhole) {
  model::Repository repository = NewRepository(1);
  repository.name = "changed";
  repository.owners = {UserId("nobody")};
  EXPECT_EQ(s.repositories.Update(repository).code(), Code::kNotFound);
  EXPECT_EQ(s.repositories.Get(repository.id)->name, "repo1");
}

TEST_P(StoreContract, Repository_Missing_NotFound) {
  model::Repository repository;
  repository.id = IdOf<RepositoryId>(9);
  EXPECT_EQ(s.repositories.Get(repository.id).status().code(), Code::kNotFound);
  EXPECT_EQ(s.repositories.Update(repository).code(), Code::kNotFound);
  EXPECT_EQ(s.repositories.Delete(repository.id).code(), Code::kNotFound);
  EXPECT_EQ(s.repositories.Snapshot(repository.id).status().code(), Code::kNotFound);
}

TEST_P(StoreContract, Repository_DeletedWithApplications_IsRefusedUntilTheyAreGone) {
  const model::Application app = NewApp(1);
  EXPECT_EQ(s.repositories.Delete(app.repository).code(), Code::kPrecondition);
  ASSERT_EQ(s.apps.MarkDeleted(app.id), Status());
  EXPECT_EQ(s.repositories.Delete(app.repository).code(), Code::kPrecondition);
  ASSERT_EQ(s.deploys.ConfirmRemoved(app.id), Status());
  ASSERT_EQ(s.deploys.Purge(app.id), Status());
  EXPECT_EQ(s.repositories.Delete(app.repository), Status());
  EXPECT_EQ(s.repositories.Get(app.repository).status().code(), Code::kNotFound);
}

TEST_P(StoreContract, RepositorySnapshot_ListsFollowersButNoTombstones) {
  const model::Application one = NewApp(1), two = NewApp(2);
  ASSERT_EQ(s.apps.MarkDeleted(two.id), Status());
  const auto snapshot = s.repositories.Snapshot(one.repository).value();
  EXPECT_EQ(snapshot.repository.id, one.repository);
  ASSERT_THAT(snapshot.followers, SizeIs(1));
  EXPECT_EQ(snapshot.followers[0].app, one.id);
  EXPECT_EQ(snapshot.followers[0].ref, "main");
  EXPECT_EQ(snapshot.followers[0].commit, model::kNoCommit);
}

TEST_P(StoreContract, SetCommits_MovesFollowersOfThatRefOnly) {
  const model::Application one = NewApp(1), two = NewApp(2);
  ASSERT_EQ(
      s.repositories.SetCommits(
          IdOf<RepositoryId>(1),
          {{one.id, "main", kHashA}, {two.id, "other", kHashA}, {IdOf<AppId>(9), "main", kHashA}},
          {}),
      Status());
  EXPECT_EQ(s.apps.Get(one.id)->commit, kHashA);
  EXPECT_EQ(s.apps.Get(two.id)->commit, model::kNoCommit);
  EXPECT_EQ(s.apps.Get(one.id)->updated_at, one.updated_at);
}

TEST_P(StoreContract, Commits_KnownOnes_StayAsTheyWere) {
  const Time date(std::chrono::microseconds(1'700'000'000'123'456));
  ASSERT_EQ(
      s.repositories.SetCommits(IdOf<RepositoryId>(1), {}, {{kHashA, "Ann", date, "first\nbody"}}),
      Status());
  ASSERT_EQ(
      s.repositories.SetCommits(IdOf<RepositoryId>(1), {},
                                {{kHashA, "Eve", kNever, "other"}, {kHashB, "Bo", kNever, ""}}),
      Status());
  EXPECT_THAT(s.repositories.Commits({kHashB, kHashA, std::string(40, 'c')}).value(),
              UnorderedElementsAre(model::Commit{kHashA, "Ann", date, "first\nbody"},
                                   model::Commit{kHashB, "Bo", kNever, ""}));
  EXPECT_THAT(s.repositories.Commits({}).value(), IsEmpty());
}

}  // namespace ns::ports::testing
