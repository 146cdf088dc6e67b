#include <gtest/gtest.h>

#include "reconcile/loops.h"
#include "reconcile/test_passes.h"

namespace ns::reconcile {
namespace {

using plan::testing::IdOf;
using plan::testing::kCommitA;
using plan::testing::kCommitB;
using testing::Expect;
using testing::ExpectEnd;
using testing::Ok;

model::RepositorySnapshot Repository() {
  model::RepositorySnapshot snapshot;
  snapshot.repository.id = IdOf<RepositoryId>(1);
  snapshot.repository.url = "https://git.example.com/shop.git";
  snapshot.followers = {{IdOf<AppId>(1), "main", ""}};
  return snapshot;
}

TEST(Fetcher, MovedRef_IsStoredAndWakesTheNextLoops) {
  auto loop = NewFetcher();
  auto pass = loop->NewPass(IdOf<RepositoryId>(1).str());
  Expect<LoadRepository>(pass->Begin());
  Expect<ListRefs>(pass->Next(Answer(Repository())));
  const auto read = Expect<ReadCommits>(pass->Next(Answer(Refs{{"main", kCommitA}})));
  EXPECT_EQ(read.hashes, std::vector<std::string>{kCommitA});
  const auto store =
      Expect<StoreCommits>(pass->Next(Answer(Commits{{kCommitA, "ann", kNever, "first"}})));
  ASSERT_EQ(store.moved.size(), 1u);
  EXPECT_EQ(store.moved[0].commit, kCommitA);
  const auto save = Expect<SaveConditions>(pass->Next(Ok()));
  EXPECT_TRUE(save.conditions.at(0).ok);
  EXPECT_EQ(ExpectEnd(pass->Next(Ok())).wakes.size(), 2u);
}

TEST(Fetcher, UnreachableRemote_IsToldAndFails) {
  auto loop = NewFetcher();
  auto pass = loop->NewPass(IdOf<RepositoryId>(1).str());
  pass->Begin();
  pass->Next(Answer(Repository()));
  const auto save = Expect<SaveConditions>(
      pass->Next(Status(Code::kUnavailable, "RemoteTimeout", "no answer in 30 s")));
  EXPECT_EQ(save.conditions.at(0).reason, "RemoteTimeout");
  EXPECT_FALSE(ExpectEnd(pass->Next(Ok())).status.ok());
}

model::RepositorySnapshot SshRepository() {
  model::RepositorySnapshot snapshot = Repository();
  snapshot.repository.url = "git@git.example.com:shop.git";
  snapshot.repository.credentials.method = model::GitAuth::kSsh;
  return snapshot;
}

TEST(Fetcher, UnpinnedHost_IsPinnedOnceItCouldBeRead) {
  auto pass = NewFetcher()->NewPass(IdOf<RepositoryId>(1).str());
  pass->Begin();
  const auto look = Expect<LookAtHostKey>(pass->Next(Answer(SshRepository())));
  EXPECT_TRUE(look.remote.credentials.host_keys.empty());
  const auto list =
      Expect<ListRefs>(pass->Next(Answer(ports::HostKeyLook{"ssh-ed25519 A", Status()})));
  EXPECT_EQ(list.remote.credentials.host_keys, std::vector<std::string>{"ssh-ed25519 A"});
  const auto pin = Expect<PinHostKeys>(pass->Next(Answer(Refs{{"main", kCommitA}})));
  EXPECT_EQ(pin.repository, IdOf<RepositoryId>(1));
  EXPECT_EQ(pin.url, "git@git.example.com:shop.git");
  EXPECT_EQ(pin.keys, std::vector<std::string>{"ssh-ed25519 A"});
  EXPECT_EQ(Expect<ReadCommits>(pass->Next(Ok())).remote.credentials.host_keys, pin.keys);
}

TEST(Fetcher, UnpinnedHost_ThatCannotBeReadOrIsRefused_IsNotPinned) {
  const Status refused(Code::kDenied, "HostKeyChanged", "it has changed");
  auto pass = NewFetcher()->NewPass(IdOf<RepositoryId>(1).str());
  pass->Begin();
  pass->Next(Answer(SshRepository()));
  const auto save =
      Expect<SaveConditions>(pass->Next(Answer(ports::HostKeyLook{"ssh-ed25519 A", refused})));
  EXPECT_EQ(save.conditions.at(0).reason, "HostKeyChanged");
  pass = NewFetcher()->NewPass(IdOf<RepositoryId>(1).str());
  pass->Begin();
  pass->Next(Answer(SshRepository()));
  pass->Next(Answer(ports::HostKeyLook{"ssh-ed25519 A", Status()}));
  Expect<SaveConditions>(pass->Next(Status(Code::kDenied, "AuthenticationFailed", "no")));
}

TEST(Fetcher, UnpinnedHost_ThatAPersonPinsMeanwhile_IsNoFailure) {
  const auto end = [](const Status& refused) {
    auto pass = NewFetcher()->NewPass(IdOf<RepositoryId>(1).str());
    pass->Begin();
    pass->Next(Answer(SshRepository()));
    pass->Next(Answer(ports::HostKeyLook{"ssh-ed25519 A", Status()}));
    Expect<PinHostKeys>(pass->Next(Answer(Refs{{"main", kCommitA}})));
    return pass->Next(refused);
  };
  const Finished finished = ExpectEnd(end(Status(Code::kStale, "", "other keys meanwhile")));
  EXPECT_EQ(finished.status, Status());
  EXPECT_FALSE(finished.settled);
  Expect<SaveConditions>(end(Status(Code::kStale, model::kHeldElsewhere, "not ours")));
}

TEST(Fetcher, PinnedHost_IsListedAtOnce) {
  auto snapshot = SshRepository();
  snapshot.repository.credentials.host_keys = {"ssh-ed25519 A"};
  auto pass = NewFetcher()->NewPass(IdOf<RepositoryId>(1).str());
  pass->Begin();
  EXPECT_EQ(Expect<ListRefs>(pass->Next(Answer(snapshot))).remote.credentials.host_keys,
            snapshot.repository.credentials.host_keys);
}

// Without them it would be read as somebody else, and over SSH with the installation's own key.
TEST(Fetcher, CredentialsThatDoNotOpen_AskNobodyAndAreTold) {
  for (model::RepositorySnapshot snapshot : {Repository(), SshRepository()}) {
    snapshot.repository.credentials.seal_broken = true;
    auto pass = NewFetcher()->NewPass(IdOf<RepositoryId>(1).str());
    pass->Begin();
    const auto save = Expect<SaveConditions>(pass->Next(Answer(snapshot)));
    EXPECT_FALSE(save.conditions.at(0).ok);
    EXPECT_EQ(save.conditions.at(0).reason, "SealBroken");
    EXPECT_EQ(ExpectEnd(pass->Next(Ok())).status.reason(), "SealBroken");
  }
}

TEST(Fetcher, NothingMoved_StoresNothing) {
  model::RepositorySnapshot snapshot = Repository();
  snapshot.followers[0].commit = kCommitA;
  snapshot.version = 3;
  auto loop = NewFetcher();
  auto pass = loop->NewPass("r");
  pass->Begin();
  pass->Next(Answer(snapshot));
  Expect<SaveConditions>(pass->Next(Answer(Refs{{"main", kCommitA}})));
  const Finished end = ExpectEnd(pass->Next(Ok()));
  EXPECT_TRUE(end.wakes.empty());
  EXPECT_EQ(end.settled, std::optional<int64_t>(3));
  EXPECT_FALSE(end.unchanged) << "it was told in a condition";
}

class KnownRepository : public ::testing::Test {
 protected:
  KnownRepository() {
    snapshot_.followers[0].commit = kCommitA;
    auto pass = loop_->NewPass(id_);
    pass->Begin();
    pass->Next(Answer(snapshot_));
    pass->Next(Answer(Refs{{"main", kCommitA}}));
    pass->Next(Ok());
  }
  std::unique_ptr<Pass> NewPass(bool unchanged) {
    return loop_->NewPass(id_, {std::chrono::minutes(3), Duration(1), unchanged});
  }

  model::RepositorySnapshot snapshot_ = Repository();
  const Key id_ = snapshot_.repository.id.str();
  std::unique_ptr<Loop> loop_ = NewFetcher();
};

TEST_F(KnownRepository, Unchanged_NeitherLoadsNorWrites) {
  for (int relist = 0; relist < 2; ++relist) {
    auto pass = NewPass(true);
    EXPECT_EQ(Expect<ListRefs>(pass->Begin()).remote.url, snapshot_.repository.url);
    const Finished end = ExpectEnd(pass->Next(Answer(Refs{{"main", kCommitA}})));
    EXPECT_TRUE(end.unchanged);
    EXPECT_EQ(end.settled, std::optional<int64_t>(snapshot_.version));
  }
  const auto told = loop_->Told({{id_}}, {std::chrono::minutes(3), Duration(1)});
  EXPECT_EQ(std::get<TouchConditions>(*told).types, std::vector<std::string>{"Fetch"});
}

TEST_F(KnownRepository, WokenOrForgotten_IsLoaded) {
  Expect<LoadRepository>(NewPass(false)->Begin());
  Expect<LoadRepository>(NewPass(true)->Begin());  // the pass before came to no end
  loop_->Forget(id_);
  Expect<LoadRepository>(NewPass(true)->Begin());
}

TEST_F(KnownRepository, Moved_IsStoredAndLoadedNextTime) {
  auto pass = NewPass(true);
  pass->Begin();
  pass->Next(Answer(Refs{{"main", kCommitB}}));
  Expect<StoreCommits>(pass->Next(Answer(Commits{{kCommitB, "ann", kNever, "second"}})));
  Expect<SaveConditions>(pass->Next(Ok()));
  const Finished end = ExpectEnd(pass->Next(Ok()));
  EXPECT_EQ(end.settled, std::nullopt);
  Expect<LoadRepository>(NewPass(true)->Begin());
}

TEST_F(KnownRepository, AnotherNumberOfRefs_IsTold) {
  auto pass = NewPass(true);
  pass->Begin();
  Expect<SaveConditions>(pass->Next(Answer(Refs{{"main", kCommitA}, {"dev", kCommitB}})));
  EXPECT_FALSE(ExpectEnd(pass->Next(Ok())).unchanged);
}

}  // namespace
}  // namespace ns::reconcile
