#include "git/received_folder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "supervise/testing/few_files.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;

// As when git takes it away at that moment.
TEST(ReceivedFolderTest, WhatCannotBeWalkedOver_IsLeft) {
  const std::string root = ::testing::TempDir() + "received-folder-test";
  fs::remove_all(root);
  const ReceivedFolder folder(root);
  ASSERT_EQ(folder.Create("shop"), Status());
  const std::string quarantine = root + "/shop.git/objects/tmp_objdir-incoming-x";
  fs::create_directories(quarantine + "/pack/deep");
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(2);
  for (const char* part : {"/pack", ""}) fs::last_write_time(quarantine + part, old);
  for (const rlim_t files : {0, 1, 2, 3}) {
    const supervise::FewFiles few(files);
    folder.DropBroken("shop");
  }
  EXPECT_TRUE(fs::exists(quarantine + "/pack/deep"));
  fs::remove_all(root);
}

}  // namespace
}  // namespace ns::git
