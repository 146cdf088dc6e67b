#include "kernel_usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ns::backend_docker {
namespace {

namespace fs = std::filesystem;
const std::string kId(64, 'c');

class KernelUsage : public ::testing::Test {
 protected:
  KernelUsage() { fs::create_directories(root_); }
  ~KernelUsage() override { fs::remove_all(root_); }
  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::optional<docker::Usage> Usage(const std::string& id = kId, int64_t pid = 7) {
    return UsageOf(id, pid, {root_ / "proc", root_ / "cg"});
  }
  void WriteUnified() {
    Write("proc/7/cgroup", "0::/system.slice/docker-" + kId + ".scope\n");
    const std::string group = "cg/system.slice/docker-" + kId + ".scope/";
    Write(group + "cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n");
    Write(group + "memory.current", "5000\n");
    Write(group + "memory.stat", "anon 3000\nfile 2000\ninactive_file 1200\n");
  }

  const fs::path root_ = fs::temp_directory_path() / ("usage-" + std::to_string(::getpid()));
};

TEST_F(KernelUsage, VersionTwo_IsReadFromTheOneGroup) {
  WriteUnified();
  Write("proc/7/net/dev",
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
        "    lo: 900 1 0 0 0 0 0 0 900 1 0 0 0 0 0 0\n"
        "  eth0: 100 2 0 0 0 0 0 0 50 1 0 0 0 0 0 0\n"
        "  eth1:1000 2 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n");
  const auto usage = Usage();
  ASSERT_TRUE(usage.has_value());
  EXPECT_EQ(*usage, (docker::Usage{1'500'000, 3800, 1100, 57}));
}

TEST_F(KernelUsage, VersionOne_IsReadFromTheControllers) {
  Write("proc/7/cgroup", "12:name=systemd:/docker/" + kId + "\n4:cpu,cpuacct:/docker/" + kId +
                             "\n3:memory:/docker/" + kId + "\n0::/docker/" + kId + "\n");
  Write("cg/cpu,cpuacct/docker/" + kId + "/cpuacct.usage", "123456789\n");
  Write("cg/memory/docker/" + kId + "/memory.usage_in_bytes", "5000\n");
  Write("cg/memory/docker/" + kId + "/memory.stat", "inactive_file 1\ntotal_inactive_file 4000\n");
  const auto usage = Usage();
  ASSERT_TRUE(usage.has_value());
  EXPECT_EQ(*usage, (docker::Usage{123'456'789, 1000, -1, -1})) << "its network cannot be read";
}

TEST_F(KernelUsage, AnotherContainersProcess_IsNotCounted) {
  WriteUnified();
  EXPECT_FALSE(Usage(std::string(64, 'd')).has_value());
  EXPECT_FALSE(Usage(kId, 8).has_value()) << "no such process";
  EXPECT_FALSE(Usage(kId, 0).has_value());
  EXPECT_FALSE(Usage("").has_value());
}

TEST_F(KernelUsage, GroupOutOfSight_IsNotGuessed) {
  WriteUnified();
  Write("proc/7/cgroup", "0::/../docker-" + kId + ".scope\n");
  EXPECT_FALSE(Usage().has_value());
  Write("proc/7/cgroup", "0::/elsewhere/" + kId + "\n");
  EXPECT_FALSE(Usage().has_value());
}

TEST_F(KernelUsage, OddText_IsUnknown) {
  WriteUnified();
  Write("cg/system.slice/docker-" + kId + ".scope/cpu.stat", "usage_usec\n");
  EXPECT_FALSE(Usage().has_value());
}

}  // namespace
}  // namespace ns::backend_docker
