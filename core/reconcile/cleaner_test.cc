#include <gtest/gtest.h>

#include "reconcile/loops.h"
#include "reconcile/test_passes.h"

namespace ns::reconcile {
namespace {

using plan::testing::BuildOf;
using plan::testing::kCommitA;
using plan::testing::kCommitB;
using testing::Expect;
using testing::ExpectEnd;
using testing::Ok;
using testing::WithTarget;

model::AppHistory HistoryOf(const model::AppSnapshot& snapshot) {
  model::AppHistory history;
  history.app = snapshot.app;
  history.now = Time(std::chrono::hours(24 * 365));
  return history;
}

TEST(Cleaner, OldImage_IsCondemnedBeforeItIsDeleted) {
  const model::AppSnapshot snapshot = WithTarget();
  model::AppHistory history = HistoryOf(snapshot);
  model::Build build = BuildOf(snapshot, 2, kCommitB, model::BuildStatus::kSucceeded);
  build.attempt = 1;
  history.builds = {build};
  history.logged = {build.id};
  auto loop = NewCleaner({});
  auto pass = loop->NewPass(snapshot.app.id.str());
  Expect<LoadHistory>(pass->Begin());
  EXPECT_EQ(Expect<CondemnImages>(pass->Next(Answer(history))).builds,
            std::vector<BuildId>{build.id});
  Expect<LoadHistory>(pass->Next(Ok()));
  history.builds[0].image_state = model::ImageState::kCondemned;
  const auto deleted = Expect<DeleteImages>(pass->Next(Answer(history)));
  EXPECT_EQ(deleted.builds, std::vector<BuildId>{build.id});
  EXPECT_TRUE(deleted.keep.empty());
  EXPECT_EQ(Expect<ImagesGone>(pass->Next(Ok())).builds, std::vector<BuildId>{build.id});
  EXPECT_EQ(Expect<DropLogs>(pass->Next(Ok())).builds, std::vector<BuildId>{build.id});
  EXPECT_TRUE(ExpectEnd(pass->Next(Ok())).status.ok());
}

TEST(Cleaner, ArtifactOfAStaticSite_IsSaidToBeThere) {
  for (const bool artifact : {true, false}) {
    const model::AppSnapshot snapshot = WithTarget();
    model::AppHistory history = HistoryOf(snapshot);
    model::Build build = BuildOf(snapshot, 2, kCommitB, model::BuildStatus::kSucceeded);
    build.image_state = model::ImageState::kCondemned;
    build.image.reference = artifact ? "artifact:key" : "registry/app:tag";
    history.builds = {build};
    auto loop = NewCleaner({});
    auto pass = loop->NewPass(snapshot.app.id.str());
    pass->Begin();
    EXPECT_EQ(Expect<DeleteImages>(pass->Next(Answer(history))).artifacts, artifact);
  }
}

TEST(Cleaner, PassThatEnds_TakesBackThatItCouldNotWork) {
  model::AppHistory history = HistoryOf(WithTarget());
  history.version = 7;
  auto loop = NewCleaner({});
  EXPECT_STREQ(loop->condition(), "Cleanup");
  for (const bool stuck : {true, false}) {
    history.stuck = stuck;
    auto pass = loop->NewPass(history.app.id.str());
    pass->Begin();
    Step step = pass->Next(Answer(history));
    if (stuck) {
      const auto save = Expect<SaveConditions>(step);
      ASSERT_EQ(save.conditions.size(), 1u);
      EXPECT_EQ(save.conditions[0].type, "Cleanup");
      EXPECT_TRUE(save.conditions[0].ok);
      step = pass->Next(Ok());
    }
    EXPECT_EQ(ExpectEnd(step).settled, std::optional<int64_t>(7));
  }
}

TEST(Cleaner, OldReleases_GoLast) {
  const model::AppSnapshot snapshot = WithTarget();
  model::AppHistory history = HistoryOf(snapshot);
  model::Release newer, older;
  newer.id = ReleaseId("b");
  older.id = ReleaseId("a");
  newer.build = older.build = BuildId("x");
  newer.created_at = older.created_at = history.now - std::chrono::hours(24 * 100);
  history.releases = {newer, older};
  auto loop = NewCleaner({.releases = 1});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  const auto drop = Expect<DropReleases>(pass->Next(Answer(history)));
  EXPECT_EQ(drop.releases, std::vector<ReleaseId>{older.id});
  EXPECT_TRUE(ExpectEnd(pass->Next(Ok())).status.ok());
}

TEST(Cleaner, OldEvents_GoInBatchesUntilNoneIsLeft) {
  auto loop = NewCleaner({.history = std::chrono::hours(5)});
  auto pass = loop->NewPass(kJournalKey);
  const auto drop = Expect<DropEvents>(pass->Begin());
  EXPECT_EQ(drop.age, Duration(std::chrono::hours(5)));
  ASSERT_GT(drop.limit, 0);
  EXPECT_EQ(ExpectEnd(pass->Next(Answer(int64_t{drop.limit}))).again,
            std::optional<Duration>(std::chrono::seconds(1)));
  pass = loop->NewPass(kJournalKey);
  pass->Begin();
  EXPECT_EQ(ExpectEnd(pass->Next(Answer(int64_t{drop.limit - 1}))).again, std::nullopt);
}

TEST(Cleaner, CondemnedByTheDead_IsDeletedByTheNext) {
  const model::AppSnapshot snapshot = WithTarget();
  model::AppHistory history = HistoryOf(snapshot);
  history.builds = {BuildOf(snapshot, 2, kCommitB, model::BuildStatus::kSucceeded)};
  history.builds[0].image_state = model::ImageState::kCondemned;
  auto loop = NewCleaner({});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  Expect<DeleteImages>(pass->Next(Answer(history)));
}

TEST(Cleaner, NothingToClean_IsSettledUntilTimeBringsSomething) {
  const model::AppSnapshot snapshot = WithTarget();
  model::AppHistory history = HistoryOf(snapshot);
  history.version = 7;
  auto loop = NewCleaner({});
  auto pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  Finished end = ExpectEnd(pass->Next(Answer(history)));
  EXPECT_EQ(end.settled, std::optional<int64_t>(7));
  EXPECT_EQ(end.again, std::nullopt);

  history.builds = {BuildOf(snapshot, 2, kCommitB, model::BuildStatus::kFailed)};
  history.builds[0].attempt = 1;
  history.builds[0].finished_at = history.now - std::chrono::minutes(45);
  pass = loop->NewPass(snapshot.app.id.str());
  pass->Begin();
  end = ExpectEnd(pass->Next(Answer(history)));
  EXPECT_EQ(end.settled, std::optional<int64_t>(7));
  EXPECT_EQ(end.again, std::optional<Duration>(std::chrono::minutes(15)));
}

TEST(Cleaner, ConfirmedTombstone_GoesToTheLastRow) {
  model::AppHistory history = HistoryOf(WithTarget());
  history.app.deleted = history.removed = true;
  auto loop = NewCleaner({});
  auto pass = loop->NewPass(history.app.id.str());
  pass->Begin();
  EXPECT_TRUE(Expect<DeleteImages>(pass->Next(Answer(history))).builds.empty()) << "all of them";
  Expect<PurgeApp>(pass->Next(Ok()));
  const Finished end = ExpectEnd(pass->Next(Ok()));
  EXPECT_TRUE(end.status.ok());
  EXPECT_EQ(end.again, std::optional<Duration>(std::chrono::seconds(10))) << "a late push";
}

TEST(Cleaner, Purged_IsSweptEverMoreRarelyAndForgottenAfterADay) {
  model::AppHistory history;
  history.app.id = AppId("a");
  history.purged = Time(std::chrono::hours(1));
  auto loop = NewCleaner({});
  Duration age = std::chrono::seconds(0);
  int sweeps = 0;
  for (;; ++sweeps) {
    ASSERT_LT(sweeps, 50);
    history.now = history.purged + std::chrono::duration_cast<Time::duration>(age);
    auto pass = loop->NewPass("a");
    pass->Begin();
    const Step step = pass->Next(Answer(history));
    if (age >= std::chrono::hours(24)) {
      Expect<ForgetPurged>(step);
      EXPECT_EQ(ExpectEnd(pass->Next(Ok())).again, std::nullopt);
      break;
    }
    EXPECT_TRUE(Expect<DeleteImages>(step).keep.empty());
    const Finished end = ExpectEnd(pass->Next(Ok()));
    EXPECT_EQ(end.settled, std::optional<int64_t>(kPurgedVersion)) << "relists pass it over";
    ASSERT_TRUE(end.again && *end.again > Duration::zero());
    age += *end.again;
  }
  EXPECT_GT(sweeps, 15);
  EXPECT_LT(sweeps, 30);
}

TEST(Cleaner, UnconfirmedTombstone_IsTheSynchronizersFirst) {
  model::AppHistory history = HistoryOf(WithTarget());
  history.app.deleted = true;
  auto loop = NewCleaner({});
  auto pass = loop->NewPass(history.app.id.str());
  pass->Begin();
  EXPECT_EQ(ExpectEnd(pass->Next(Answer(history))).wakes,
            (std::vector<Wake>{{LoopId::kSynchronizer, history.app.id.str()}}));
}

TEST(Cleaner, TombstoneWithALiveBuild_WaitsForItsEndBeforeImagesGo) {
  for (const auto status : {model::BuildStatus::kQueued, model::BuildStatus::kBuilding}) {
    const model::AppSnapshot snapshot = WithTarget();
    model::AppHistory history = HistoryOf(snapshot);
    history.app.deleted = history.removed = true;
    history.builds.push_back(BuildOf(snapshot, 2, kCommitA, status));
    auto loop = NewCleaner({});
    auto pass = loop->NewPass(history.app.id.str());
    pass->Begin();
    const Finished end = ExpectEnd(pass->Next(Answer(history)));
    EXPECT_TRUE(end.status.ok());
    EXPECT_TRUE(end.again.has_value());
    EXPECT_EQ(end.wakes, (std::vector<Wake>{{LoopId::kRegisterer, history.app.id.str()}}))
        << "who cancels it";
  }
}

}  // namespace
}  // namespace ns::reconcile
