#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "host/check.h"
#include "host/program.h"
#include "host/translate.h"

namespace ns::host {
namespace {

using testing::HasSubstr;

class CheckTest : public testing::Test {
 protected:
  CheckTest()
      : folder_(testing::TempDir() + "check-" +
                testing::UnitTest::GetInstance()->current_test_info()->name()),
        layout_(folder_) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~CheckTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& path, mode_t mode) {
    std::ofstream(path) << "x";
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }

  const std::string folder_;
  const Layout layout_;
};

TEST(CheckSandbox, Missing_IsBrokenOnlyWhereItIsRequired) {
  git::GitOptions options;
  options.worker = {"/bin/true"};
  EXPECT_THAT(CheckSandbox(options).message, HasSubstr("package bubblewrap"));
  EXPECT_TRUE(CheckSandbox(options).ok);
  options.sandbox = git::SandboxMode::kRequired;
  EXPECT_FALSE(CheckSandbox(options).ok);
  options.sandbox = git::SandboxMode::kOff;
  EXPECT_TRUE(CheckSandbox(options).ok);
}

TEST_F(CheckTest, Files_KeyReadableByOthers_IsBrokenWithTheCommand) {
  Write(layout_.key(), 0644);
  const Check check = CheckFiles(layout_, layout_.key());
  EXPECT_FALSE(check.ok);
  EXPECT_THAT(check.message, HasSubstr("mode 0644"));
  EXPECT_EQ(check.fix, "chmod 600 " + layout_.key());
}

TEST_F(CheckTest, Files_AsTheyShouldBe_IsWell) {
  Write(layout_.key(), 0600);
  ASSERT_EQ(::chmod(folder_.c_str(), 0711), 0);
  EXPECT_TRUE(CheckFiles(layout_, layout_.key()).ok);
}

TEST_F(CheckTest, Files_FolderWritableByOthers_IsBroken) {
  Write(layout_.key(), 0600);
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  EXPECT_THAT(CheckFiles(layout_, layout_.key()).message,
              HasSubstr("may be written by others (mode 0777)"));
}

TEST_F(CheckTest, Docker_NothingListens_SaysSoAndWhatToDo) {
  const Check check = CheckDocker(folder_ + "/docker.sock");
  EXPECT_FALSE(check.ok);
  EXPECT_THAT(check.message, HasSubstr(folder_ + "/docker.sock"));
  EXPECT_THAT(check.fix, HasSubstr("start"));
}

TEST_F(CheckTest, Disk_FolderMissing_IsBroken) { EXPECT_FALSE(CheckDisk(folder_ + "/none").ok); }

TEST_F(CheckTest, Disk_FolderThere_SaysHowMuchIsFree) {
  EXPECT_THAT(CheckDisk(folder_).message, HasSubstr("GiB free"));
}

TEST(Checks, Text_FixStandsBelowWhatIsBroken_LastLineSumsUp) {
  const Checks checks = {Well("disk", "12.1 GiB free"),
                         Broken("dockerd", "does not answer", "start it")};
  EXPECT_EQ(ChecksAsText(checks),
            "ok    disk     12.1 GiB free\nFAIL  dockerd  does not answer\n               fix: "
            "start it\n1 of 2 checks failed.\n");
}

TEST(Checks, Json_NamesEveryCheck) {
  const std::string json = ChecksAsJson({Broken("dockerd", "does not answer", "start it")});
  for (const char* part : {"\"ok\": false", "\"name\": \"dockerd\"", "\"remedy\": \"start it\""})
    EXPECT_THAT(json, HasSubstr(part));
}

TEST(Program, FindProgram_TakesTheFirstOfThePath) {
  const auto sh = FindProgram("sh", "/nowhere:/bin:/usr/bin");
  ASSERT_TRUE(sh.ok());
  EXPECT_EQ(*sh, "/bin/sh");
  EXPECT_EQ(FindProgram("no-such-program", "/bin").status().code(), Code::kNotFound);
}

TEST(Translate, KindsOf_EachRoleHasItsKinds) {
  EXPECT_EQ(KindsOf({"services"}), (std::vector<std::string>{"ns.service/1", "ns.storage/1"}));
  EXPECT_EQ(
      KindsOf({"controller", "builder"}),
      (std::vector<std::string>{"ns.backend/1", "ns.build/1", "ns.engine/1", "ns.storage/1"}));
}

}  // namespace
}  // namespace ns::host
