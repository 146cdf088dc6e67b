#include <gmock/gmock.h>

#include "api/api_world.h"

namespace ns::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Fields = std::vector<std::string>;

class CommitsTest : public ApiWorld {
 protected:
  void SetUp() override {
    app = MakeApp(Named("alice")).id();
    git.asked.clear();
  }
  static api_pb::GetRepositoryCommitsRequest Of(const Fields& hashes) {
    api_pb::GetRepositoryCommitsRequest in;
    for (const std::string& hash : hashes) in.add_hashes(hash);
    return in;
  }
  std::vector<api_pb::SimpleCommit> Commits(const Fields& hashes) {
    const auto out =
        Call<api_pb::GetRepositoryCommitsResponse>(Named("bob"), "GetRepositoryCommits", Of(hashes))
            .value();
    return {out.commits().begin(), out.commits().end()};
  }
  Fields Hashes(const Fields& asked) {
    Fields out;
    for (const auto& commit : Commits(asked)) out.push_back(commit.hash());
    return out;
  }
  model::Application App() { return store.store().apps.Get(AppId(app)).value(); }
  // As the fetcher stores it.
  void Know(const std::string& hash) {
    ASSERT_TRUE(store.store()
                    .repositories
                    .SetCommits(App().repository, {},
                                {{hash, "Ann", Time(std::chrono::seconds(5)), "first\nbody"}})
                    .ok());
  }

  std::string app;
};

TEST_F(CommitsTest, KnownCommit_IsGivenWithAuthorDateAndMessage) {
  Know(kCommitA);
  const auto commits = Commits({kCommitA, kCommitA});
  ASSERT_EQ(commits.size(), 1u) << "each once";
  EXPECT_EQ(commits[0].author_name(), "Ann");
  EXPECT_EQ(commits[0].commit_date().seconds(), 5);
  EXPECT_EQ(commits[0].message(), "first\nbody");
  EXPECT_TRUE(git.asked.empty());
}

TEST_F(CommitsTest, CommitThatNoApplicationIsAtOrWasBuiltFrom_IsLeftOut) {
  Know(kCommitA);
  Know(kCommitB);
  EXPECT_THAT(Hashes({kCommitB, kCommitA}), ElementsAre(kCommitA));
  AddBuild(app, kCommitB);
  EXPECT_THAT(Hashes({kCommitB, kCommitA}), ElementsAre(kCommitB, kCommitA)) << "as asked for";
  EXPECT_THAT(Hashes({std::string(40, 'c')}), IsEmpty());
  EXPECT_THAT(Hashes({}), IsEmpty());
  EXPECT_TRUE(git.asked.empty());
}

TEST_F(CommitsTest, CommitThatIsNotStored_IsReadFromItsRepositoryOnce) {
  git.commits[kCommitA] = {kCommitA, "Zoe", Time(std::chrono::seconds(9)), "read"};
  for (int i = 0; i < 2; ++i) {
    const auto commits = Commits({kCommitA});
    ASSERT_EQ(commits.size(), 1u);
    EXPECT_EQ(commits[0].message(), "read");
  }
  ASSERT_EQ(git.asked.size(), 1u);
  EXPECT_EQ(git.asked[0].id, App().repository);
}

TEST_F(CommitsTest, RemoteThatFails_LeavesOutItsOwnAlone) {
  Know(kCommitA);
  AddBuild(app, kCommitB);
  git.failure = Status(Code::kUnavailable, "RemoteUnreachable", "no route");
  EXPECT_THAT(Hashes({kCommitB, kCommitA}), ElementsAre(kCommitA));
}

TEST_F(CommitsTest, RemoteThatFailed_IsNotAskedAgainForAWhile) {
  git.commits[kCommitA] = {kCommitA, "Zoe", Time(std::chrono::seconds(9)), "read"};
  git.failure = Status(Code::kUnavailable, "RemoteUnreachable", "no route");
  EXPECT_THAT(Hashes({kCommitA}), IsEmpty());
  git.failure = Status();
  clock.Advance(RemoteFailures::kRemembered - std::chrono::seconds(1));
  EXPECT_THAT(Hashes({kCommitA}), IsEmpty());
  EXPECT_EQ(git.asked.size(), 1u);
  clock.Advance(std::chrono::seconds(1));
  EXPECT_THAT(Hashes({kCommitA}), ElementsAre(kCommitA));
  EXPECT_EQ(git.asked.size(), 2u);
}

TEST_F(CommitsTest, FailureThatIsNotTheRemotes_IsNotRemembered) {
  git.commits[kCommitA] = {kCommitA, "Zoe", Time(std::chrono::seconds(9)), "read"};
  git.failure = Status(Code::kCancelled, "Cancelled", "the caller has left");
  EXPECT_THAT(Hashes({kCommitA}), IsEmpty());
  git.failure = Status();
  EXPECT_THAT(Hashes({kCommitA}), ElementsAre(kCommitA));
}

TEST_F(CommitsTest, BadHashes_AreNamed) {
  const auto refused = [&](const Fields& hashes) {
    return FieldsOf(Call(Named("bob"), "GetRepositoryCommits", Of(hashes)).status());
  };
  EXPECT_EQ(refused({kCommitA, "HEAD", std::string(40, 'A')}), (Fields{"hashes[1]", "hashes[2]"}));
  EXPECT_EQ(refused(Fields(201, kCommitA)), Fields{"hashes"});
  EXPECT_TRUE(refused(Fields(200, kCommitA)).empty());
}

}  // namespace
}  // namespace ns::api
