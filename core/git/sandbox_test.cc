// With the real bubblewrap.
#include "git/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/git_fixture_for_test.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SandboxTest : public GitTest {
 protected:
  void SetUp() override {
    if (options_.sandbox != SandboxMode::kRequired)
      GTEST_SKIP() << TrySandbox(options_, SystemClock()).message();
    fs::create_directories(root_ + "/writable");
    std::ofstream(root_ + "/secret") << "secret";
  }

  // What a shell script says from within, a line for each that should not be possible.
  std::string Inside(const std::string& script) {
    options_.worker = {"/usr/bin/dash", "-c", script};
    std::string command;
    for (const std::string& word : SandboxedCommand(options_, {root_ + "/writable"}))
      command += "'" + word + "' ";
    return Shell(command);
  }
};

TEST_F(SandboxTest, Child_SeesAndWritesOnlyWhatItNeeds) {
  const std::string pid = std::to_string(::getpid());
  EXPECT_EQ(
      Inside("cd " + root_ +
             "; for f in secret /root /home /var /etc/passwd /etc/shadow /proc/1 /dev/sda; do "
             "[ -e $f ] && echo sees $f; done; "
             "for f in x /x /usr/x /etc/ssl/x; do (echo a >$f) 2>/dev/null && [ -e /usr/x ] && "
             "echo wrote $f; done; kill -0 " +
             pid + " 2>/dev/null && echo signals; chroot / true 2>/dev/null && echo roots; " +
             "echo done >writable/done; echo end"),
      "end");
  EXPECT_EQ(Read(root_ + "/writable/done"), "done\n");
  EXPECT_FALSE(fs::exists(root_ + "/x"));
}

TEST_F(SandboxTest, Trial_SaysWhatIsInTheWay) {
  EXPECT_TRUE(TrySandbox(options_, SystemClock()).ok());
  options_.bubblewrap = "";
  EXPECT_THAT(TrySandbox(options_, SystemClock()).message(), HasSubstr("package bubblewrap"));
  options_.bubblewrap = "/bin/false";
  const Status status = TrySandbox(options_, SystemClock());
  EXPECT_EQ(status.reason(), "SandboxUnavailable");
  EXPECT_THAT(status.message(), HasSubstr("exit code 1"));
}

TEST_F(SandboxTest, WithoutOne_RequiredRefusesAndAutoGoesOn) {
  StartServer();
  MakeRepository("a");
  options_.bubblewrap = "/bin/false";
  const Status refused = Remote()->Checkout({}, At(Url("a")), Hash("main"), root_ + "/out", {});
  EXPECT_EQ(refused.reason(), "SandboxUnavailable") << refused.ToString();
  EXPECT_EQ(refused.fault(), Fault::kOperator);
  options_.sandbox = SandboxMode::kAuto;
  const Status status = Remote()->Checkout({}, At(Url("a")), Hash("main"), root_ + "/out", {});
  EXPECT_TRUE(status.ok()) << status.ToString();
}

}  // namespace
}  // namespace ns::git
