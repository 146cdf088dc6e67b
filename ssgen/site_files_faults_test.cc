// Disks that are full or refuse, and processes that end midway.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/failpoint.h"
#include "base/random.h"
#include "ssgen/stored_sites_for_test.h"

namespace ns::ssgen {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
