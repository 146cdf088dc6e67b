#include "ssgen/site_files.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
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

#include "archive/pack.h"
#include "base/failpoint.h"
#include "base/random.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_storage.h"

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

const AppId kApp("a000000000000000000001"), kOther("a000000000000000000002");
const ReleaseId kFirst("b000000000000000000001"), kSecond("b000000000000000000002");

std::string ReadFile(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

int64_t SecondOf(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mtim.tv_sec;
}

// Counts what is fetched, and has it done something before and after.
class CountingStorage final : public ports::Storage {
 public:
  explicit CountingStorage(ports::Storage& inner) : inner_(inner) {}
  Status Put(const ports::Call& call, const std::string& key, const ports::Digest& digest,
             const ports::ObjectSource& bytes) override {
    return inner_.Put(call, key, digest, bytes);
  }
  Status Get(const ports::Call& call, const std::string& key, const ports::ObjectRange& range,
             const ports::ObjectSink& out) override {
    ++fetched;
    if (before) before();
    const Status status = inner_.Get(call, key, range, out);
    if (after) after();
    return status;
  }
  Result<ports::ObjectInfo> Stat(const ports::Call& call, const std::string& key) override {
    return inner_.Stat(call, key);
  }
  Status Remove(const ports::Call& call, const std::string& key) override {
    return inner_.Remove(call, key);
  }
  Result<std::vector<ports::ObjectInfo>> List(const ports::Call& call,
                                              const ports::ObjectQuery& query) override {
    return inner_.List(call, query);
  }
  Status Check(const ports::Call& call) override { return inner_.Check(call); }

  std::atomic<int> fetched{0};
  std::function<void()> before, after;

 private:
  ports::Storage& inner_;
};

class SiteFilesTest : public testing::Test {
 protected:
  SiteFilesTest() : root_(MakeRoot()), files_(root_ + "/www", counting_, clock_) {
    EXPECT_TRUE(files_.Open().ok());
  }
  ~SiteFilesTest() override { fs::remove_all(root_); }

  static std::string MakeRoot() {
    std::string name = (fs::temp_directory_path() / "ns-ssgen-XXXXXX").string();
    return ::mkdtemp(name.data());
  }

  // An artifact in the storage with one page that says `text`.
  Site Built(const SiteName& name, const std::string& text, bool spa = false) {
    const fs::path source = root_ + "/source";
    fs::remove_all(source);
    fs::create_directories(source / "assets");
    std::ofstream(source / "index.html") << text;
    std::ofstream(source / "assets/app.js") << "// " << text;
    std::string bytes;
    const auto packed = archive::Pack(source, [&](std::string_view more) {
      bytes += more;
      return Status();
    });
    return Stored(name, bytes, {packed->size, packed->sha256}, spa);
  }
  Site Stored(const SiteName& name, const std::string& bytes, const ports::Digest& digest,
              bool spa = false) {
    size_t at = 0;
    EXPECT_TRUE(storage_
                    .Put({}, "artifacts/" + digest.sha256, digest,
                         [&](char* to, size_t most) -> Result<size_t> {
                           const size_t count = bytes.copy(to, most, at);
                           at += count;
                           return count;
                         })
                    .ok());
    return {name, "artifacts/" + digest.sha256, digest, spa};
  }
  Site Garbage(const SiteName& name, const std::string& bytes) {
    Sha256 sum;
    sum.Add(bytes);
    return Stored(name, bytes, {bytes.size(), sum.FinishHex()});
  }

  fs::path PathOf(const SiteName& name) const {
    return root_ + "/www/sites/" + name.app.str() + "/" + name.release.str();
  }
  std::string Page(const SiteName& name) const { return ReadFile(PathOf(name) / "index.html"); }
  std::vector<std::string> In(const std::string& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(root_ + "/www/" + folder))
      names.push_back(entry.path().filename());
    return names;
  }

  const std::string root_;
  ports::testing::FakeClock clock_;
  ports::testing::FakeStorage storage_;
  CountingStorage counting_{storage_};
  SiteFiles files_;
  const SiteName one_{kApp, kFirst}, two_{kApp, kSecond}, other_{kOther, kFirst};
};

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

// A small file system that this process alone sees.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    fs::create_directories(path_);
    EXPECT_EQ(::unshare(CLONE_NEWNS), 0);
    EXPECT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    EXPECT_EQ(::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=256k"), 0);
  }
  ~SmallDisk() { ::umount2(path_.c_str(), MNT_DETACH); }

 private:
  const std::string path_;
};

TEST_F(SiteFilesTest, UnusedThatCannotBeMoved_KeepsNoOtherAndIsTold) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounts a small disk, which only root can";
  const Site stuck = Built(one_, "one");
  for (const Site& site : {stuck, Built(two_, "two"), Built(other_, "other")})
    ASSERT_TRUE(files_.Bring({}, site).ok());
  const std::string name = stuck.digest.sha256 + ".unused";
  const SmallDisk in_the_way(root_ + "/www/incoming/" + name);
  const Status told = files_.Drop({one_, two_, other_});
  EXPECT_EQ(told.code(), Code::kUnavailable);
  EXPECT_THAT(told.message(), HasSubstr(name));
  EXPECT_THAT(files_.Present(), IsEmpty());
  EXPECT_THAT(In("artifacts"), ElementsAre(stuck.digest.sha256));
  EXPECT_THAT(In("incoming"), ElementsAre(name));
}

TEST_F(SiteFilesTest, WhatCannotBeReadAgain_IsSaidSo) {
  const Site site = Built(one_, "hello");
  counting_.after = [&] { fs::remove(root_ + "/www/incoming/" + site.digest.sha256 + ".tar.gz"); };
  const Status failed = files_.Bring({}, site);
  EXPECT_EQ(failed.code(), Code::kUnavailable);
  EXPECT_THAT(failed.message(), HasSubstr("cannot read"));
}

// Does not get smaller.
std::string Noise(size_t size) {
  SeededRandom random(1);
  std::string bytes;
  while (bytes.size() < size) bytes += NewIdText(random);
  return bytes;
}

TEST_F(SiteFilesTest, DiskFull_LeavesTheOldVersionAndSaysSo) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounts a small disk, which only root can";
  const std::string small = root_ + "/small";
  const SmallDisk disk(small);
  SiteFiles files(small + "/www", storage_, clock_);
  ASSERT_TRUE(files.Open().ok());
  ASSERT_TRUE(files.Bring({}, Built(one_, "old")).ok());
  const Status full = files.Bring({}, Built(two_, Noise(1 << 20)));
  EXPECT_EQ(full.reason(), "DiskFull") << full.ToString();
  EXPECT_EQ(full.code(), Code::kUnavailable);
  EXPECT_EQ(ReadFile(small + "/www/sites/" + kApp.str() + "/" + kFirst.str() + "/index.html"),
            "old");
  EXPECT_THAT(files.Present(), ElementsAre(one_));
  EXPECT_TRUE(files.Bring({}, Built(other_, "small")).ok()) << "what was begun has made room";
}

class CrashTest : public SiteFilesTest, public testing::WithParamInterface<const char*> {};

// The process ends there; the next one finishes, and nothing half is ever led to.
TEST_P(CrashTest, TheNextProcessFinishes) {
  const Site old = Built(one_, "old"), next = Built(two_, "new");
  ASSERT_TRUE(files_.Bring({}, old).ok());
  const std::string rule = std::string(GetParam()) + "=crash";
  EXPECT_EXIT(
      {
        ConfigureFailpoints(rule);
        (void)files_.Bring({}, next);
        (void)files_.Drop({one_});
      },
      testing::KilledBySignal(SIGKILL), GetParam());
  for (const SiteName& site : {one_, two_}) {
    if (!fs::exists(PathOf(site))) continue;
    EXPECT_EQ(Page(site), site == one_ ? "old" : "new");
  }
  SiteFiles again(root_ + "/www", storage_, clock_);
  ASSERT_TRUE(again.Open().ok());
  ASSERT_TRUE(again.Bring({}, next).ok());
  ASSERT_TRUE(again.Drop({one_}).ok());
  EXPECT_EQ(Page(two_), "new");
  EXPECT_THAT(again.Present(), ElementsAre(two_));
  EXPECT_THAT(In("artifacts"), ElementsAre(next.digest.sha256));
  EXPECT_THAT(In("incoming"), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(EachPoint, CrashTest,
                         testing::Values("ssgen.downloaded", "ssgen.unpacked", "ssgen.in-place",
                                         "ssgen.linked", "ssgen.unlinked", "ssgen.taken-out"),
                         [](const auto& point) {
                           std::string name = point.param;
                           for (char& c : name) c = c == '.' || c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace ns::ssgen
