#include "engine/disk_watch.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace ns::engine {
namespace {

namespace fs = std::filesystem;

TEST(UpperOfRoot, IsThatOfTheLastOverlayThere) {
  EXPECT_EQ(UpperOfRoot("20 1 8:1 / / rw - ext4 /dev/sda rw\n"
                        "36 20 0:45 / / rw,relatime - overlay overlay "
                        "rw,lowerdir=/l:/m,upperdir=/a\\040b/fs,workdir=/w\n"
                        "37 36 0:46 / /c rw - overlay overlay rw,lowerdir=/l,upperdir=/other\n"),
            "/a b/fs");
  EXPECT_EQ(UpperOfRoot("20 1 8:1 / / rw - ext4 /dev/sda rw\n"), "");
  EXPECT_EQ(UpperOfRoot("20 1 0:9 / / ro - overlay overlay ro,lowerdir=/l:/m\n"), "");
  EXPECT_EQ(UpperOfRoot(""), "");
}

class DiskOfAFolder : public testing::Test {
 protected:
  DiskOfAFolder() {
    std::string name = "/tmp/ns-disk-watch.XXXXXX";
    root_ = ::mkdtemp(name.data());
  }
  ~DiskOfAFolder() override { fs::remove_all(root_); }
  fs::path root_;
};

TEST_F(DiskOfAFolder, CountsWhatIsOnTheDiskOnceAndNoLinks) {
  fs::create_directories(root_ / "a/b");
  std::ofstream(root_ / "a/b/file") << std::string(1 << 20, 'x');
  fs::create_hard_link(root_ / "a/b/file", root_ / "a/same");
  fs::create_directory_symlink("/usr", root_ / "a/link");
  const int64_t bytes = BytesBelow(root_ / "a");
  EXPECT_GE(bytes, 1 << 20);
  EXPECT_LT(bytes, 2 << 20);
  EXPECT_EQ(BytesBelow(root_ / "none"), 0);
}

TEST_F(DiskOfAFolder, FoldersThatAreTooDeep_AreTooMuch) {
  std::string deep;
  for (int i = 0; i < 202; ++i) deep += "/d";
  fs::create_directories(root_.string() + deep);
  EXPECT_GE(BytesBelow(root_), int64_t{1} << 40);
}

TEST_F(DiskOfAFolder, WhatIsGivenAwayCountsToo) {
  const Cgroups cgroups(root_);
  DiskWatch watch(cgroups, "ours", 1000);
  EXPECT_FALSE(watch.Over(true));
  EXPECT_FALSE(watch.Give(1000));
  EXPECT_FALSE(watch.Over());
  EXPECT_TRUE(watch.Give(1001));
  EXPECT_TRUE(watch.Over());
  DiskWatch none(cgroups, "ours", 0);
  EXPECT_FALSE(none.Give(1001));
  EXPECT_FALSE(none.Over(true));
}

}  // namespace
}  // namespace ns::engine
