#include "git/sweep.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "supervise/fd.h"

namespace ns::git {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class SweepTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string made = ::testing::TempDir() + "/sweep-XXXXXX";
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    folder = made;
  }
  void TearDown() override { fs::remove_all(folder); }

  // A mirror that was last used `ago`.
  RepositoryId Mirror(char digit, Duration ago) {
    const RepositoryId id(std::string(22, digit));
    fs::create_directories(PathOf(id) + "/objects/pack");
    std::ofstream(PathOf(id) + "/objects/pack/one") << "bytes";
    std::ofstream(PathOf(id) + ".lock") << "";
    const auto used =
        std::chrono::duration_cast<std::chrono::seconds>((now - ago).time_since_epoch());
    const timespec times[2] = {{used.count(), 0}, {used.count(), 0}};
    EXPECT_EQ(::utimensat(AT_FDCWD, (PathOf(id) + ".lock").c_str(), times, 0), 0);
    return id;
  }
  std::string PathOf(const RepositoryId& id) const { return folder + "/" + id.str() + ".git"; }
  std::vector<RepositoryId> Sweep(std::optional<std::vector<RepositoryId>> registered) {
    return SweepMirrors(folder, {std::move(registered)}, now);
  }

  std::string folder;
  const Time now = SystemClock().Now();
};

TEST_F(SweepTest, MirrorOfARepositoryThatIsForgotten_Goes) {
  const RepositoryId kept = Mirror('a', 1h), forgotten = Mirror('b', 1h);
  EXPECT_THAT(Sweep(std::vector{kept}), ElementsAre(forgotten));
  EXPECT_TRUE(fs::exists(PathOf(kept) + "/objects/pack/one"));
  EXPECT_FALSE(fs::exists(PathOf(forgotten)));
  EXPECT_FALSE(fs::exists(PathOf(forgotten) + ".lock"));
  EXPECT_THAT(Sweep(std::vector{kept}), IsEmpty());
}

// It may have been registered since the list was read.
TEST_F(SweepTest, MirrorThatWasUsedJustNow_Stays) {
  Mirror('a', 1min);
  EXPECT_THAT(Sweep(std::vector<RepositoryId>()), IsEmpty());
}

TEST_F(SweepTest, MirrorThatIsInUse_Stays) {
  const RepositoryId id = Mirror('a', 1h);
  const supervise::Fd lock(::open((PathOf(id) + ".lock").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  EXPECT_THAT(Sweep(std::vector<RepositoryId>()), IsEmpty());
}

TEST_F(SweepTest, WhereNobodyKnowsWhatIsRegistered_AgeAloneDecides) {
  Mirror('a', 24h * 13);
  const RepositoryId old = Mirror('b', 24h * 15);
  EXPECT_THAT(Sweep(std::nullopt), ElementsAre(old));
}

TEST_F(SweepTest, WhatIsNoMirror_Stays) {
  std::ofstream(folder + "/known_hosts") << "host SHA256:x\n";
  std::ofstream(folder + "/" + std::string(22, 'a') + ".git") << "a file";
  fs::create_directories(folder + "/other.git");
  fs::create_directories(folder + "/" + std::string(22, 'b'));
  EXPECT_THAT(Sweep(std::vector<RepositoryId>()), IsEmpty());
  EXPECT_THAT(SweepMirrors(folder + "/absent", {}, now), IsEmpty());
}

}  // namespace
}  // namespace ns::git
