#include "plan/cleanup.h"

#include <gmock/gmock.h>

#include "plan/test_snapshots.h"

namespace ns::plan {
namespace {

using model::BuildStatus;
using ::testing::ElementsAre;
using testing::IdOf;
using ::testing::IsEmpty;
using testing::kCommitA;
using testing::kCommitB;
using namespace std::chrono_literals;

constexpr Retention kTwo{.releases = 2, .logs = 24h};

// An application at commit A with succeeded builds of B, newest first: n, ..., 1, ended days ago,
// each released, the newest running.
model::AppHistory HistoryOf(int builds) {
  model::AppSnapshot fresh = testing::FreshApp();
  model::AppHistory history;
  history.app = fresh.app;
  history.now = Time(24h * 1000);
  for (int n = builds; n >= 1; --n) {
    model::Build build = testing::BuildOf(fresh, n, kCommitB, BuildStatus::kSucceeded);
    build.attempt = 1;
    build.finished_at = history.now - 24h * (builds - n + 2);
    build.image.digest = "sha256:" + std::to_string(n);
    history.builds.push_back(build);
    model::Release release;
    release.id = IdOf<ReleaseId>(n);
    release.build = build.id;
    history.releases.push_back(release);
    history.logged.push_back(build.id);
  }
  history.app.target.release = IdOf<ReleaseId>(builds);
  return history;
}

TEST(DecideCleanup, ImagesBeyondTheNewestReleases_Go) {
  const Cleanup cleanup = DecideCleanup(HistoryOf(4), kTwo);
  EXPECT_THAT(cleanup.condemn, ElementsAre(IdOf<BuildId>(2), IdOf<BuildId>(1)));
  EXPECT_THAT(cleanup.logs, ElementsAre(IdOf<BuildId>(2), IdOf<BuildId>(1)));
}

TEST(DecideCleanup, WhatRunsOrIsPinned_StaysHoweverOld) {
  model::AppHistory history = HistoryOf(5);
  history.app.target.release = IdOf<ReleaseId>(1);
  history.app.pinned = IdOf<ReleaseId>(2);
  EXPECT_THAT(DecideCleanup(history, kTwo).condemn, ElementsAre(IdOf<BuildId>(3)));
}

TEST(DecideCleanup, SeveralReleasesOfOneBuild_CountOnce) {
  model::AppHistory history = HistoryOf(3);
  history.releases[1].build = history.releases[0].build;
  EXPECT_THAT(DecideCleanup(history, kTwo).condemn, ElementsAre(IdOf<BuildId>(2)));
}

TEST(DecideCleanup, BuildOfTheCurrentCommitOrJustEnded_Stays) {
  model::AppHistory history = HistoryOf(4);
  history.builds[2].commit = history.app.commit;
  history.builds[3].finished_at = history.now - 59min;
  EXPECT_TRUE(DecideCleanup(history, kTwo).Empty());
}

TEST(DecideCleanup, OldRelease_GoesWhereNothingCanGoBackToIt) {
  model::AppHistory history = HistoryOf(6);
  const Retention keep{.releases = 2, .logs = 24h, .history = 24h * 90};
  for (model::Release& release : history.releases) release.created_at = history.now - 24h * 91;
  for (model::Build& build : history.builds) build.commit = history.app.commit;  // all stay
  EXPECT_THAT(DecideCleanup(history, keep).releases, IsEmpty()) << "each can be gone back to";
  history.releases[2].build = history.releases[0].build;  // 4 is of the build of 6
  history.releases[3].image_gone = history.releases[4].image_gone = true;
  history.app.pinned = history.releases[4].id;
  EXPECT_THAT(DecideCleanup(history, keep).releases,
              ElementsAre(IdOf<ReleaseId>(4), IdOf<ReleaseId>(3)));
  history.releases[2].created_at = history.now - 24h * 89;
  const Cleanup cleanup = DecideCleanup(history, keep);
  EXPECT_THAT(cleanup.releases, ElementsAre(IdOf<ReleaseId>(4)));
  EXPECT_EQ(cleanup.next, history.now + 24h) << "3 served until then";
}

// A new variable makes a release of the same build; the one before is what a rollback takes.
TEST(DecideCleanup, ReleaseThatServedUntilNow_StaysHoweverLongItDid) {
  model::AppHistory history = HistoryOf(3);
  const Retention keep{.releases = 1, .history = 24h * 90};
  for (model::Release& release : history.releases) release.created_at = history.now - 24h * 200;
  history.releases[1].build = history.releases[0].build;
  history.releases[0].created_at = history.now - 1min;
  EXPECT_THAT(DecideCleanup(history, keep).releases, IsEmpty());
  history.releases[0].created_at = history.now - 24h * 91;
  EXPECT_THAT(DecideCleanup(history, keep).releases, ElementsAre(IdOf<ReleaseId>(2)));
}

TEST(DecideCleanup, WhatTimeAloneBrings_IsToldWithItsTime) {
  model::AppHistory history = HistoryOf(4);
  EXPECT_EQ(DecideCleanup(history, kTwo).next, kNever) << "nothing that is left has a time";
  history.builds[3].finished_at = history.now - 59min;
  EXPECT_EQ(DecideCleanup(history, kTwo).next, history.now + 1min) << "its image";
  history.builds[3].finished_at = history.now - 2h;
  EXPECT_EQ(DecideCleanup(history, kTwo).next, history.now + 22h) << "its log";
  history.now += 22h;
  EXPECT_EQ(DecideCleanup(history, kTwo).next, kNever);
  EXPECT_THAT(DecideCleanup(history, kTwo).logs, ElementsAre(IdOf<BuildId>(2), IdOf<BuildId>(1)));
}

TEST(DecideCleanup, UnsettledBuild_IsNotTouched) {
  model::AppHistory history = HistoryOf(4);
  history.builds[3].status = BuildStatus::kBuilding;
  history.builds[2].status = BuildStatus::kQueued;
  EXPECT_TRUE(DecideCleanup(history, kTwo).Empty());
}

TEST(DecideCleanup, FailedBuildThatMayHavePushed_Goes) {
  model::AppHistory history = HistoryOf(3);
  history.builds[0].status = BuildStatus::kFailed;
  history.releases.erase(history.releases.begin());
  history.app.target.release = IdOf<ReleaseId>(2);
  EXPECT_THAT(DecideCleanup(history, kTwo).condemn, ElementsAre(IdOf<BuildId>(3)));
  history.builds[0].attempt = 0;  // it never ran
  EXPECT_THAT(DecideCleanup(history, kTwo).condemn, IsEmpty());
}

TEST(DecideCleanup, Log_StaysForItsTime) {
  model::AppHistory history = HistoryOf(4);
  EXPECT_THAT(DecideCleanup(history, {.releases = 2, .logs = 24h * 5}).logs,
              ElementsAre(IdOf<BuildId>(1)));
}

TEST(KeptDigests, AreThoseOfKeptImagesAlone) {
  model::AppHistory history = HistoryOf(3);
  history.builds[2].image_state = model::ImageState::kCondemned;
  history.builds[1].image.digest = history.builds[0].image.digest;
  EXPECT_THAT(KeptDigests(history), ElementsAre("sha256:3"));
  EXPECT_THAT(Condemned(history), ElementsAre(IdOf<BuildId>(1)));
}

TEST(HasArtifacts, OfTheBuildsNamedOrOfAny) {
  model::AppHistory history = HistoryOf(2);
  EXPECT_FALSE(HasArtifacts(history, {}));
  history.builds[0].image.reference = "artifact:" + history.builds[0].id.str();
  EXPECT_TRUE(HasArtifacts(history, {}));
  EXPECT_TRUE(HasArtifacts(history, {IdOf<BuildId>(2)}));
  EXPECT_FALSE(HasArtifacts(history, {IdOf<BuildId>(1)})) << "an image";
}

}  // namespace
}  // namespace ns::plan
