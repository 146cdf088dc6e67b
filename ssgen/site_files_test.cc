#include "ssgen/site_files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <set>
#include <sstream>
#include <thread>

#include "ssgen/stored_sites_for_test.h"

// What happens while the disk is waited for; takes the place of the C library's own.
static std::function<void()> while_syncing;
extern "C" int syncfs(int fd) noexcept {
  if (while_syncing) while_syncing();
  return static_cast<int>(::syscall(SYS_syncfs, fd));
}

namespace ns::ssgen {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

int64_t SecondOf(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mtim.tv_sec;
}

TEST_F(SiteFilesTest, Bring_PutsTheSiteInPlaceAndFetchesItOnce) {
  const Site site = Built(one_, "hello", true);
  ASSERT_TRUE(files_.Bring({}, site).ok());
  ASSERT_TRUE(files_.Bring({}, site).ok());
  EXPECT_EQ(Page(one_), "hello");
  EXPECT_EQ(ReadFile(PathOf(one_) / "assets/app.js"), "// hello");
  EXPECT_TRUE(fs::exists(root_ + "/www/spa/" + kApp.str() + "/" + kFirst.str()));
  EXPECT_EQ(counting_.fetched, 1);
  EXPECT_THAT(files_.Present(), ElementsAre(one_));
  EXPECT_THAT(In("incoming"), IsEmpty());
  EXPECT_THAT(In("artifacts"), ElementsAre(site.digest.sha256));
}

TEST_F(SiteFilesTest, FoldersAndMarks_ReadableByAllWhateverTheUmask) {
  const mode_t before = ::umask(077);
  const std::string www = root_ + "/above/www", app = "/" + kApp.str();
  SiteFiles files(www, storage_, clock_);
  EXPECT_TRUE(files.Open().ok());
  const Site site = Built(one_, "hello", true);
  EXPECT_TRUE(files.Bring({}, site).ok());
  ::umask(before);
  const auto mode = [](const std::string& path) {
    return static_cast<unsigned>(fs::status(path).permissions());
  };
  for (const std::string& folder :
       {root_ + "/above", www, www + "/artifacts", www + "/artifacts/" + site.digest.sha256,
        www + "/sites", www + "/sites" + app, www + "/spa", www + "/spa" + app})
    EXPECT_EQ(mode(folder), 0755u) << folder;
  EXPECT_EQ(mode(www + "/spa" + app + "/" + kFirst.str()), 0644u);
}

TEST_F(SiteFilesTest, FolderThatAnEarlierProcessLeftClosed_IsOpened) {
  fs::permissions(root_ + "/www/artifacts", fs::perms::owner_all);
  SiteFiles again(root_ + "/www", storage_, clock_);
  ASSERT_TRUE(again.Open().ok());
  EXPECT_EQ(fs::status(root_ + "/www/artifacts").permissions(), fs::perms(0755));
}

TEST_F(SiteFilesTest, SitesOfOneArtifact_ShareItsFolder) {
  ASSERT_TRUE(files_.Bring({}, Built(one_, "same")).ok());
  ASSERT_TRUE(files_.Bring({}, Built(other_, "same")).ok());
  EXPECT_EQ(counting_.fetched, 1);
  EXPECT_EQ(fs::canonical(PathOf(one_)), fs::canonical(PathOf(other_)));
}

TEST_F(SiteFilesTest, NewRelease_LeavesTheOldOneServing) {
  ASSERT_TRUE(files_.Bring({}, Built(one_, "old")).ok());
  ASSERT_TRUE(files_.Bring({}, Built(two_, "new")).ok());
  EXPECT_EQ(Page(one_), "old");
  EXPECT_EQ(Page(two_), "new");
}

TEST_F(SiteFilesTest, ArtifactsOfOneSecond_HaveTimesOfTheirOwnAlsoAfterARestart) {
  ASSERT_TRUE(files_.Bring({}, Built(one_, "old")).ok());
  ASSERT_TRUE(files_.Bring({}, Built(two_, "new")).ok());
  SiteFiles again(root_ + "/www", storage_, clock_);
  ASSERT_TRUE(again.Open().ok());
  ASSERT_TRUE(again.Bring({}, Built(other_, "wow")).ok());
  std::set<int64_t> seconds;
  for (const SiteName& name : {one_, two_, other_}) {
    const int64_t page = SecondOf(PathOf(name) / "index.html");
    EXPECT_EQ(SecondOf(PathOf(name) / "assets/app.js"), page);
    seconds.insert(page);
  }
  EXPECT_EQ(seconds.size(), 3u);
  EXPECT_EQ(*seconds.begin(), clock_.Now().time_since_epoch() / std::chrono::seconds(1));
}

TEST_F(SiteFilesTest, SpaTurnedOff_TakesTheMarkAwayAndFetchesNothing) {
  Site site = Built(one_, "hello", true);
  ASSERT_TRUE(files_.Bring({}, site).ok());
  site.spa = false;
  ASSERT_TRUE(files_.Bring({}, site).ok());
  EXPECT_FALSE(fs::exists(root_ + "/www/spa/" + kApp.str() + "/" + kFirst.str()));
  EXPECT_EQ(counting_.fetched, 1);
}

TEST_F(SiteFilesTest, OtherBytesThanWerePut_AreRefusedAndConcernTheirSiteAlone) {
  const Site broken = Built(one_, "hello"), sound = Built(other_, "sound");
  storage_.Corrupt(broken.key, "something else");
  const Status refused = files_.Bring({}, broken);
  EXPECT_EQ(refused.reason(), "DigestMismatch") << refused.ToString();
  EXPECT_THAT(refused.message(), HasSubstr(broken.key));
  EXPECT_FALSE(fs::exists(PathOf(one_)));
  EXPECT_THAT(In("incoming"), IsEmpty());
  ASSERT_TRUE(files_.Bring({}, sound).ok());
  EXPECT_THAT(files_.Present(), ElementsAre(other_));
}

TEST_F(SiteFilesTest, WhatIsNoArchive_IsTheSourcesFault) {
  ASSERT_TRUE(files_.Bring({}, Built(one_, "old")).ok());
  const Status refused = files_.Bring({}, Garbage(two_, "no tar at all"));
  EXPECT_EQ(refused.reason(), "ArtifactInvalid") << refused.ToString();
  EXPECT_EQ(refused.fault(), Fault::kSource);
  EXPECT_THAT(In("incoming"), IsEmpty());
  EXPECT_EQ(Page(one_), "old");
}

TEST_F(SiteFilesTest, StorageAway_LeavesWhatIsThere) {
  ASSERT_TRUE(files_.Bring({}, Built(one_, "old")).ok());
  const Site next = Built(two_, "new");
  storage_.FailWith(Unavailable("the storage is away"));
  EXPECT_EQ(files_.Bring({}, next).code(), Code::kUnavailable);
  EXPECT_EQ(Page(one_), "old");
  storage_.FailWith(Status());
  EXPECT_TRUE(files_.Bring({}, next).ok());
}

TEST_F(SiteFilesTest, NamesThatCanBeNoFolder_AreRefused) {
  Site site = Built(one_, "hello");
  site.name.app = AppId("../../etc");
  const Status refused = files_.Bring({}, site);
  EXPECT_EQ(refused.code(), Code::kInvalid);
  EXPECT_THAT(refused.message(), HasSubstr("application"));
  EXPECT_THAT(refused.message(), HasSubstr("../../etc"));
  site = Built(one_, "hello");
  site.digest.sha256 = "../x";
  EXPECT_THAT(files_.Bring({}, site).message(), HasSubstr("digest"));
  EXPECT_THAT(In("sites"), IsEmpty());
}

TEST_F(SiteFilesTest, Drop_TakesAlsoWhatNobodyUses) {
  const Site shared = Built(one_, "same");
  ASSERT_TRUE(files_.Bring({}, shared).ok());
  ASSERT_TRUE(files_.Bring({}, Built(other_, "same")).ok());
  const Site gone = Built(two_, "gone");
  ASSERT_TRUE(files_.Bring({}, gone).ok());
  ASSERT_TRUE(files_.Drop({one_, two_}).ok());
  EXPECT_THAT(files_.Present(), ElementsAre(other_));
  EXPECT_THAT(In("artifacts"), ElementsAre(shared.digest.sha256));
  EXPECT_THAT(In("sites"), ElementsAre(kOther.str()));
  EXPECT_THAT(In("incoming"), IsEmpty());
  EXPECT_EQ(Page(other_), "same");
}

TEST_F(SiteFilesTest, ManyAtOnce_FetchEachArtifactOnceWhileOthersGo) {
  std::vector<Site> sites;
  for (int i = 0; i < 8; ++i) {
    const std::string digits = "a00000000000000000001" + std::to_string(i);
    sites.push_back(Built({AppId(digits), kFirst}, i % 2 == 0 ? "even" : "odd"));
  }
  std::atomic<int> failures{0};
  {
    std::vector<std::jthread> threads;
    for (const Site& site : sites)
      threads.emplace_back([&, site] { failures += files_.Bring({}, site).ok() ? 0 : 1; });
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(counting_.fetched, 2);
  EXPECT_EQ(files_.Present().size(), 8u);
}

TEST_F(SiteFilesTest, CallThatIsOverWhileUnpacking_EndsAndLeavesNothing) {
  const Site site = Built(one_, "hello");
  std::stop_source stop;
  counting_.after = [&] { stop.request_stop(); };
  EXPECT_EQ(files_.Bring({stop.get_token(), {}}, site).code(), Code::kCancelled);
  counting_.after = [&] { clock_.Advance(std::chrono::seconds(2)); };
  const Duration deadline = clock_.Monotonic() + std::chrono::seconds(1);
  const Status late = files_.Bring({{}, deadline}, site);
  EXPECT_EQ(late.code(), Code::kDeadline);
  EXPECT_EQ(late.reason(), "TimedOut");
  EXPECT_EQ(late.fault(), Fault::kPlatform);
  EXPECT_THAT(In("incoming"), IsEmpty());
  EXPECT_THAT(In("artifacts"), IsEmpty());
  EXPECT_TRUE(files_.Bring({}, site).ok());
}

TEST_F(SiteFilesTest, CallThatIsOverWhileAnotherFetches_Ends) {
  const Site mine = Built(one_, "same"), its = Built(other_, "same");
  std::promise<void> begun, go;
  counting_.before = [&] {
    begun.set_value();
    go.get_future().wait();
  };
  auto first = std::async(std::launch::async, [&] { return files_.Bring({}, mine); });
  begun.get_future().wait();
  std::stop_source stop;
  const Duration deadline = clock_.Monotonic() + std::chrono::seconds(1);
  auto cancelled = std::async(std::launch::async, [&] {
    return files_.Bring({stop.get_token(), {}}, its);
  });
  auto late = std::async(std::launch::async, [&] { return files_.Bring({{}, deadline}, its); });
  EXPECT_EQ(late.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  stop.request_stop();
  clock_.Advance(std::chrono::seconds(2));
  EXPECT_EQ(cancelled.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(late.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  go.set_value();
  EXPECT_EQ(cancelled.get().code(), Code::kCancelled);
  EXPECT_EQ(late.get().code(), Code::kDeadline);
  EXPECT_TRUE(first.get().ok());
  EXPECT_EQ(counting_.fetched, 1);
  EXPECT_TRUE(files_.Bring({}, its).ok()) << "the turn is free again";
}

TEST_F(SiteFilesTest, DiskThatIsSlow_HoldsUpNoOtherSite) {
  ASSERT_TRUE(files_.Bring({}, Built(one_, "old")).ok());
  const Site next = Built(two_, "new");
  std::future<std::vector<SiteName>> present;
  bool answered = false;
  while_syncing = [&] {
    present = std::async(std::launch::async, [&] { return files_.Present(); });
    answered = present.wait_for(std::chrono::seconds(5)) == std::future_status::ready;
  };
  EXPECT_TRUE(files_.Bring({}, next).ok());
  while_syncing = nullptr;
  EXPECT_TRUE(answered);
  EXPECT_THAT(present.get(), ElementsAre(one_));
}

}  // namespace
}  // namespace ns::ssgen
