#include "engine/cgroup.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace ns::engine {
namespace {

namespace fs = std::filesystem;

// A folder that stands for where the kernel keeps cgroups: the names of files and what is in them.
class CgroupFiles : public testing::Test {
 protected:
  CgroupFiles() {
    std::string name = "/tmp/ns-cgroups.XXXXXX";
    root_ = ::mkdtemp(name.data());
  }
  ~CgroupFiles() override { fs::remove_all(root_); }
  void File(const std::string& path, const std::string& text = "") const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::string Text(const std::string& path) const {
    std::stringstream text;
    text << std::ifstream(root_ / path).rdbuf();
    return text.str();
  }
  fs::path root_;
};

TEST_F(CgroupFiles, VersionTwo_LimitsAreWrittenAndControllersHandedDown) {
  File("cgroup.controllers", "cpu memory pids\n");
  for (const char* folder : {"", "ours/", "ours/b1/"})
    File(folder + std::string("cgroup.subtree_control"));
  for (const char* file :
       {"memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.max"})
    File("ours/b1/" + std::string(file));
  const Cgroups cgroups(root_);
  EXPECT_TRUE(cgroups.unified());
  EXPECT_TRUE(cgroups.Make("ours/b1", {1 << 20, 1500, 40}));
  EXPECT_EQ(Text("ours/b1/memory.max"), "1048576");
  EXPECT_EQ(Text("ours/b1/memory.swap.max"), "0");
  EXPECT_EQ(Text("ours/b1/memory.oom.group"), "1");
  EXPECT_EQ(Text("ours/b1/pids.max"), "40");
  EXPECT_EQ(Text("ours/b1/cpu.max"), "150000 100000");
  EXPECT_EQ(Text("cgroup.subtree_control"), "+memory +cpu +pids");
  EXPECT_EQ(Text("ours/cgroup.subtree_control"), "+memory +cpu +pids");
  EXPECT_EQ(Text("ours/b1/cgroup.subtree_control"), "");
}

TEST_F(CgroupFiles, LimitThatTheKernelDoesNotTake_IsSaid) {
  File("cgroup.controllers", "cpu memory pids\n");
  EXPECT_FALSE(Cgroups(root_).Make("ours/b1", {1 << 20, 0, 0})) << "there is no memory.max";
}

TEST_F(CgroupFiles, VersionOne_EachControllerHasItsOwn) {
  for (const char* file : {"memory/ours/b1/memory.limit_in_bytes", "pids/ours/b1/pids.max",
                           "cpu/ours/b1/cpu.cfs_quota_us"})
    File(file);
  const Cgroups cgroups(root_);
  EXPECT_FALSE(cgroups.unified());
  EXPECT_TRUE(cgroups.Make("ours/b1", {1 << 20, 1500, 40}));
  EXPECT_EQ(Text("memory/ours/b1/memory.limit_in_bytes"), "1048576");
  EXPECT_EQ(Text("pids/ours/b1/pids.max"), "40");
  EXPECT_EQ(Text("cpu/ours/b1/cpu.cfs_quota_us"), "150000");
  EXPECT_THAT(cgroups.Below("ours"), testing::ElementsAre("b1"));
  EXPECT_THAT(cgroups.Folders("ours/b1"),
              testing::UnorderedElementsAre(root_ / "memory/ours/b1", root_ / "pids/ours/b1",
                                            root_ / "cpu/ours/b1"));
}

// On the kernel itself, as root and with version 1.
TEST(BuildCgroup, AtItsLimit_IsSeen) {
  const Cgroups cgroups;
  if (!cgroups.CanLimit()) GTEST_SKIP() << "no cgroups to make";
  BuildCgroup cgroup(cgroups, "neoshowcase-test-" + std::to_string(::getpid()), {32 << 20, 0, 0});
  ASSERT_TRUE(cgroup.made());
  std::string enter;
  for (const std::string& entry : cgroup.Entries()) enter += "echo $$ > " + entry + "; ";
  const std::string eat = "sh -c '" + enter + "head -c 200000000 /dev/zero | tail -n 1'";
  EXPECT_NE(std::system((eat + " >/dev/null 2>&1").c_str()), 0);
  bool seen = false;
  for (int i = 0; i < 50 && !seen; ++i, ::usleep(10'000)) seen = cgroup.OutOfMemory();
  EXPECT_TRUE(seen);
}

TEST(BuildCgroup, RemovedBySomebodyElse_WasNotAtItsLimit) {
  const Cgroups cgroups;
  if (!cgroups.CanLimit()) GTEST_SKIP() << "no cgroups to make";
  if (cgroups.unified()) GTEST_SKIP() << "NOT ON THIS MACHINE: its cgroups are not of version 1";
  const std::string name = "neoshowcase-test-" + std::to_string(::getpid());
  {
    BuildCgroup cgroup(cgroups, name, {64 << 20, 0, 0});
    ASSERT_TRUE(cgroup.made());
    EXPECT_FALSE(cgroup.OutOfMemory());
    ASSERT_TRUE(fs::remove(cgroups.Folder("memory", name)));
    for (int i = 0; i < 50; ++i, ::usleep(10'000)) ASSERT_FALSE(cgroup.OutOfMemory());
  }
}

TEST_F(CgroupFiles, NoController_NothingCanBeLimited) {
  File("cgroup.controllers", "cpu io\n");
  EXPECT_FALSE(Cgroups(root_).CanLimit());
  EXPECT_TRUE(Cgroups(root_).Remove("ours/b1")) << "one that is not there";
}

}  // namespace
}  // namespace ns::engine
