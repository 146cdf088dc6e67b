// Checkouts of repositories of the platform that lie on this disk, with submodules beside them.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "git/git_remote.h"
#include "supervise/process.h"

namespace ns::git {

std::string ThisProgram();

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using namespace std::chrono_literals;

class ReceivedCheckout : public testing::Test {
 protected:
  ReceivedCheckout() {
    std::string pattern = testing::TempDir() + "received-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    options_.folder = root_ + "/mirrors";
    options_.worker = {ThisProgram(), "git-worker"};
    options_.bubblewrap = fs::exists("/usr/bin/bwrap") ? "/usr/bin/bwrap" : "";
    git_ = NewGitRemote(options_, SystemClock());
  }
  ~ReceivedCheckout() override { fs::remove_all(root_); }

  void Shell(const std::string& command) const {
    supervise::SpawnSpec spec;
    spec.argv = {"/bin/sh", "-ec", "cd " + root_ + "; " + command};
    spec.env = {"PATH=/usr/bin:/bin",   "GIT_AUTHOR_NAME=t",       "GIT_AUTHOR_EMAIL=t@t",
                "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@t", "HOME=/nonexistent",
                "GIT_CONFIG_NOSYSTEM=1"};
    auto child = supervise::Process::Spawn(spec);
    const auto ended = child->Wait(SystemClock(), SystemClock().Monotonic() + 30s);
    EXPECT_TRUE(ended.ok() && ended->ok()) << command;
  }
  std::string Read(const std::string& path) const {
    std::ifstream file(root_ + "/" + path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // A repository with one file, and the submodules "NAME" at "../NAME.git".
  void Make(const std::string& name, const std::vector<std::string>& modules = {}) const {
    std::string make = "git init -q -b main w-" + name + "; cd w-" + name + "; echo " + name +
                       " > file; git add file; ";
    for (const std::string& module : modules)
      make +=
          "git config -f .gitmodules submodule." + module + ".path " + module +
          "; git config -f .gitmodules submodule." + module + ".url ../" + module +
          ".git; git add .gitmodules; git update-index --add --cacheinfo 160000,$(git -C ../w-" +
          module + " rev-parse HEAD)," + module + "; ";
    Shell(make + "git commit -q -m x; git rev-parse HEAD > ../head-" + name +
          "; git clone -q --bare . ../" + name + ".git");
  }
  Status Checkout(const std::vector<std::string>& beside) {
    ports::Remote remote{RepositoryId("0000000000000000000001"), root_ + "/shop.git", {}, {}};
    for (const std::string& name : beside) remote.beside.push_back(root_ + "/" + name + ".git");
    fs::remove_all(root_ + "/out");
    return git_->Checkout({{}, SystemClock().Monotonic() + 30s}, remote,
                          Read("head-shop").substr(0, 40), root_ + "/out", {});
  }

  std::string root_;
  GitOptions options_;
  std::unique_ptr<ports::GitRemote> git_;
};

TEST_F(ReceivedCheckout, SubmodulesBeside_AreAskedForAndThenThere) {
  Make("deep");
  Make("lib", {"deep"});
  Make("other");
  Make("shop", {"lib", "other"});
  const Status first = Checkout({});
  EXPECT_EQ(first.reason(), ports::kSubmoduleBeside);
  EXPECT_EQ(first.details(), "lib\nother\n");
  const Status second = Checkout({"lib", "other"});
  EXPECT_EQ(second.reason(), ports::kSubmoduleBeside);
  EXPECT_EQ(second.details(), "deep\n");
  EXPECT_EQ(Checkout({"lib", "other", "deep"}), Status());
  EXPECT_EQ(
      Read("out/file") + Read("out/lib/file") + Read("out/lib/deep/file") + Read("out/other/file"),
      "shop\nlib\ndeep\nother\n");
}

TEST_F(ReceivedCheckout, RelativeUrlThatLeavesThem_IsRefused) {
  Make("lib");
  Make("shop", {"lib"});
  Shell(
      "cd w-shop; sed -i 's,../lib.git,../../etc,' .gitmodules; git add .gitmodules; git commit "
      "-qm x; "
      "git rev-parse HEAD > ../head-shop; git push -q ../shop.git main");
  const Status refused = Checkout({"lib"});
  EXPECT_EQ(refused.reason(), "CheckoutRefused");
  EXPECT_THAT(refused.message(), HasSubstr("../NAME.git"));
}

}  // namespace
}  // namespace ns::git
