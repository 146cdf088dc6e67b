#include "git/received_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>

#include "supervise/fd.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;

// As long as it lives, the process may open so many files more.
class FewFiles {
 public:
  explicit FewFiles(rlim_t more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const supervise::Fd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const rlimit few{static_cast<rlim_t>(next.get()) + more, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

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
    const FewFiles few(files);
    folder.DropBroken("shop");
  }
  EXPECT_TRUE(fs::exists(quarantine + "/pack/deep"));
  fs::remove_all(root);
}

}  // namespace
}  // namespace ns::git
