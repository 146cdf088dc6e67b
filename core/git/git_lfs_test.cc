// With git-lfs's own test server and client (tool_git_lfs in run.d/tools.sh).
#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/git_ssh_fixture_for_test.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// The folder of both programs; "" where they are not.
std::string Programs() {
  const char* given = ::getenv("NS_TOOLS");
  const char* home = ::getenv("HOME");
  const fs::path tools =
      given != nullptr ? given : std::string(home ? home : "") + "/.cache/neoshowcase/tools";
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(tools, missing)) {
    if (entry.path().filename().string().starts_with("git-lfs-") &&
        fs::exists(entry.path() / ".complete"))
      return entry.path() / "bin";
  }
  return "";
}

// Repositories at <url>/NAME.git; Git without a password, LFS for "user" with "pass".
class GitLfsTest : public GitSshTest {
 protected:
  void SetUp() override {
    if (Programs().empty()) GTEST_SKIP() << "git-lfs is not fetched";
    fs::create_directories(root_ + "/served");
    StartLfs();
    credentials_ = {model::GitAuth::kBasic, "user", Secret("pass"), {}};
    for (int i = 0; i < 500 && Read(root_ + "/url").empty(); ++i)
      supervise::WaitReadable(-1, std::chrono::milliseconds(20));
    url_ = Read(root_ + "/url");
    ASSERT_FALSE(url_.empty());
    Lfs("git lfs install --skip-repo && git config --global lfs.locksverify false && "
        "git config --global credential.helper '!f() { echo username=user; echo password=pass; }; "
        "f'");
  }
  ~GitLfsTest() override {
    if (!lfs_) return;
    lfs_->KillGroup(SIGKILL);
    [[maybe_unused]] const auto ended =
        lfs_->Wait(SystemClock(), SystemClock().Monotonic() + std::chrono::seconds(10));
  }

  // A script in which `git lfs` works.
  std::string Lfs(const std::string& script) {
    return Shell("export PATH=" + Programs() + ":$PATH; " + script);
  }

  void StartLfs() {
    supervise::SpawnSpec spec;
    spec.argv = {Programs() + "/lfstest-gitserver"};
    spec.env = {"PATH=/usr/bin:/bin",
                "HOME=" + root_,
                "LFSTEST_DIR=" + root_ + "/served",
                "LFSTEST_URL=" + root_ + "/url",
                "LFSTEST_SSL_URL=" + root_ + "/ssl-url",
                "LFSTEST_CERT=" + root_ + "/cert"};
    spec.folder = root_;
    const supervise::Fd log(
        ::open((root_ + "/lfs.log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    spec.out = spec.err = log.get();
    auto server = supervise::Process::Spawn(spec);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    lfs_.emplace(std::move(*server));
  }

  // `name` with what `fill` makes in its work folder, pushed by git-lfs.
  void Push(const std::string& name, const std::string& fill) {
    Lfs("git init -q --bare -b main served/" + name + ".git && git -C served/" + name +
        ".git config http.receivepack true && git init -q -b main " + name + " && cd " + name +
        " && git lfs install --local >/dev/null && git remote add origin " + LfsUrl(name) + " && " +
        fill + " && git add . && git commit -qm files && git push -q origin main");
  }
  static std::string Sample() {
    return "git lfs track '*.bin' >/dev/null && seq 1 200000 >a.bin && mkdir sub && "
           "seq 1 1000 >sub/b.bin && cp a.bin sub/again.bin && chmod +x sub/again.bin && "
           "echo plain >file";
  }

  std::string LfsUrl(const std::string& name) const { return url_ + "/" + name + ".git"; }
  std::string Head(const std::string& name) { return Shell("git -C " + name + " rev-parse HEAD"); }

  Status Get(const std::string& url, const std::string& commit, const std::string& out = "out") {
    notes_.clear();
    return Remote()->Checkout({}, At(url), commit, root_ + "/" + out,
                              {true, [&](const std::string& text) { notes_.push_back(text); }});
  }

  // The files of a clone that git-lfs makes.
  std::string TreeOfClone(const std::string& name) {
    Lfs("git clone -q " + LfsUrl(name) + " clone-" + name);
    return Tree("clone-" + name);
  }

  // Every file below a folder with its mode and bytes, but .git.
  std::string Tree(const std::string& folder) {
    return Shell("cd " + folder +
                 " && find . -name .git -prune -o -type f -printf '%p %m ' -exec "
                 "sha256sum {} \\; | sort");
  }

  std::string url_;
  std::vector<std::string> notes_;
  std::optional<supervise::Process> lfs_;
};

TEST_F(GitLfsTest, Checkout_IsWhatGitLfsItselfChecksOut) {
  Push("a", Sample());
  const Status status = Get(LfsUrl("a"), Head("a"));
  ASSERT_TRUE(status.ok()) << status.ToString() << Read(root_ + "/lfs.log");
  EXPECT_EQ(Tree("out"), TreeOfClone("a"));
  EXPECT_GT(fs::file_size(root_ + "/out/a.bin"), 1'000'000U);
  ASSERT_FALSE(notes_.empty());
  EXPECT_EQ(notes_.back(), "LFS: 2 of 2 objects, 1 MB");
}

TEST_F(GitLfsTest, Checkout_TakesAttributesAsGitLfsDoes) {
  Push("a",
       "mkdir -p x/y z && for f in a.bin a.dat x/a.bin x/y/a.bin z/a.bin z/b.dat; do echo $f >$f; "
       "done && printf '[attr]big filter=lfs\\n*.bin filter=lfs -text\\n/x/**/*.bin -filter\\n' "
       ">.gitattributes && printf 'a.bin filter=lfs\\n' >x/y/.gitattributes && "
       "printf '*.dat filter=lfs\\n*.bin !filter\\n' >z/.gitattributes && "
       "printf 'a.dat big\\n' >>.gitattributes");
  Shell(
      "cd a && git show HEAD:a.bin | grep -q ^oid && git show HEAD:a.dat | grep -q ^oid && "
      "git show HEAD:z/b.dat | grep -q ^oid && git show HEAD:x/y/a.bin | grep -q ^oid && "
      "! git show HEAD:x/a.bin | grep -q ^oid && ! git show HEAD:z/a.bin | grep -q ^oid");
  const Status status = Get(LfsUrl("a"), Head("a"));
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Tree("out"), TreeOfClone("a"));
  EXPECT_THAT(notes_.back(), HasSubstr("4 of 4 objects"));
}

TEST_F(GitLfsTest, ServerThatWantsThePasswordForObjectsToo_GetsIt) {
  credentials_.username = "requirecreds";
  Lfs("git config --global credential.helper "
      "'!f() { echo username=requirecreds; echo password=pass; }; f'");
  Push("requirecreds-a", Sample());
  const Status status = Get(LfsUrl("requirecreds-a"), Head("requirecreds-a"));
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Tree("out"), TreeOfClone("requirecreds-a"));
}

TEST_F(GitLfsTest, ManyObjects_ComeInSeveralBatches) {
  Push("a",
       "git lfs track '*.bin' >/dev/null && for i in $(seq 1 230); do echo $i >$i.bin; done && "
       "for i in $(seq 1 30); do echo $i >$i-again.bin; done");
  const Status status = Get(LfsUrl("a"), Head("a"));
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_TRUE(Tree("out") == TreeOfClone("a"));
  EXPECT_THAT(notes_.back(), HasSubstr("230 of 230 objects"));
}

TEST_F(GitLfsTest, WrongPasswordOrNone_IsAuthenticationFailed) {
  Push("a", Sample());
  credentials_.password = Secret("wrong");
  EXPECT_EQ(Get(LfsUrl("a"), Head("a")).reason(), "AuthenticationFailed");
  credentials_ = {};
  const Status status = Get(LfsUrl("a"), Head("a"), "again");
  EXPECT_EQ(status.reason(), "AuthenticationFailed") << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("wants credentials for Git LFS"));
}

TEST_F(GitLfsTest, ObjectThatWasNotUploaded_IsNotFound) {
  Push("a", "echo none >file");
  Lfs("cd a && export GIT_LFS_SKIP_PUSH=1 && git lfs track '*.bin' >/dev/null && echo x >a.bin && "
      "git add . && git commit -qm more && git push -q origin main");
  const Status status = Get(LfsUrl("a"), Head("a"));
  EXPECT_EQ(status.reason(), "LfsObjectNotFound") << status.ToString();
  EXPECT_EQ(status.fault(), Fault::kSource);
  EXPECT_THAT(status.message(), HasSubstr("git lfs push --all"));
}

TEST_F(GitLfsTest, ObjectsOverTheLimit_AreNotAskedFor) {
  Push("a", Sample());
  options_.mirror_limit = 1 << 20;
  const Status status = Get(LfsUrl("a"), Head("a"));
  EXPECT_EQ(status.reason(), "LimitExceeded") << status.ToString();
  EXPECT_TRUE(notes_.empty());
}

TEST_F(GitLfsTest, Submodule_BringsItsObjectsFromItsOwnServer) {
  Push("lib", Sample());
  Push("a",
       "git lfs track '*.bin' >/dev/null && echo own >own.bin && "
       "mkdir x && git config -f .gitmodules submodule.x.path x && "
       "git config -f .gitmodules submodule.x.url ../lib.git && "
       "git update-index --add --cacheinfo 160000," +
           Head("lib") + ",x");
  const Status status = Get(LfsUrl("a"), Head("a"));
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Read(root_ + "/out/own.bin"), "own\n");
  EXPECT_EQ(Tree("out/x"), TreeOfClone("lib"));
}

TEST_F(GitLfsTest, SwitchedOff_LeavesPointersAndSaysSo) {
  Push("a", Sample());
  options_.lfs = false;
  const Status status = Get(LfsUrl("a"), Head("a"));
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_THAT(Read(root_ + "/out/a.bin"), HasSubstr("oid sha256:"));
  EXPECT_EQ(notes_, std::vector<std::string>{
                        "LFS: 3 files are pointers, since git.lfs is false on this builder"});
  EXPECT_TRUE(Remote()->Checkout({}, At(LfsUrl("a")), Head("a"), root_ + "/quiet", {}).ok());
  EXPECT_THAT(Read(root_ + "/quiet/a.bin"), HasSubstr("oid sha256:"));
}

// The same repositories, fetched through sshd.
class GitLfsSshTest : public GitLfsTest {
 protected:
  void SetUp() override {
    GitSshTest::SetUp();
    if (IsSkipped()) return;
    const model::GitCredentials key = credentials_;
    GitLfsTest::SetUp();
    credentials_ = key;
  }

  // `git-lfs-authenticate` names this server and gives what lets in there.
  void PointTo(const std::string& place) {
    Authenticate(
        "[ -d \"$1\" ] && [ \"$2\" = download ] && [ $# = 2 ] || exit 5\n"
        "printf '{\"href\": \"" +
        place +
        "\", \"header\": {\"Authorization\": \"Basic %s\"}, \"expires_in\": 60}' "
        "$(printf user:pass | base64)");
  }

  // What `git-lfs-authenticate` is on the server.
  void Authenticate(const std::string& script) {
    Shell("mkdir -p bin && cat >bin/git-lfs-authenticate <<'END'\n#!/bin/sh\n" + script +
          "\nEND\nchmod +x bin/git-lfs-authenticate");
  }
};

TEST_F(GitLfsSshTest, Checkout_TakesPlaceAndTokenFromGitLfsAuthenticate) {
  Push("b", Sample());
  PointTo(url_ + "/b.git/info/lfs");
  const Status status = Get(SshUrl("b"), Head("b"));
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Tree("out"), TreeOfClone("b"));
}

TEST_F(GitLfsSshTest, OddPath_ReachesTheServerAsOneWord) {
  Push("b", Sample());
  Shell("cp -r served/b.git 'served/b;touch$IFS&(evil).git'");
  PointTo(url_ + "/b.git/info/lfs");
  const Status status = Get(SshUrl("b;touch$IFS&(evil)"), Head("b"));
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Tree("out"), TreeOfClone("b"));
}

TEST_F(GitLfsSshTest, Https_IsTrustedByItsAuthorityAlone) {
  Push("b", Sample());
  PointTo(Read(root_ + "/ssl-url") + "/b.git/info/lfs");
  const Status unknown = Get(SshUrl("b"), Head("b"));
  EXPECT_EQ(unknown.reason(), "RemoteUnreachable") << unknown.ToString();
  EXPECT_THAT(unknown.message(), HasSubstr("certificate"));
  options_.ca_file = root_ + "/cert";
  const Status known = Get(SshUrl("b"), Head("b"), "known");
  EXPECT_TRUE(known.ok()) << known.ToString();
  EXPECT_EQ(Tree("known"), TreeOfClone("b"));
}

TEST_F(GitLfsSshTest, RedirectOfABatch_IsFollowedAtHomeAndNeverOutOfTls) {
  Push("b", Sample());
  options_.ca_file = root_ + "/cert";
  PointTo(Read(root_ + "/ssl-url") + "/redirect307/rel/b.git/info/lfs");
  const Status home = Get(SshUrl("b"), Head("b"));
  EXPECT_TRUE(home.ok()) << home.ToString();
  PointTo(Read(root_ + "/ssl-url") + "/redirect307/abs/b.git/info/lfs");
  const Status away = Get(SshUrl("b"), Head("b"), "away");
  EXPECT_EQ(away.reason(), "AddressRefused") << away.ToString();
  EXPECT_THAT(away.message(), HasSubstr("without TLS"));
}

TEST_F(GitLfsSshTest, ServerWithoutGitLfsAuthenticate_IsLfsRefusedAndSaysWhatToDo) {
  Push("b", Sample());
  const Status status = Get(SshUrl("b"), Head("b"));
  EXPECT_EQ(status.reason(), "LfsRefused") << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("git-lfs-authenticate"));
  EXPECT_THAT(status.message(), HasSubstr("lfs.url"));
}

TEST_F(GitLfsSshTest, AnswersThatAreNone_AreLfsRefused) {
  Push("b", Sample());
  int number = 0;
  for (const std::string script :
       {"echo no", "echo '[]'", "echo '{\"href\": \"file:///etc/passwd\"}'",
        "echo '{\"href\": \"http://user:pass@127.0.0.1/\"}'",
        "echo '{\"header\": {\"X-A\": \"1\\r\\nX-B: 1\"}}'", "head -c 100000 /dev/zero",
        "echo refused >&2; exit 1", "kill -9 $$"}) {
    Authenticate(script);
    const Status status = Get(SshUrl("b"), Head("b"), "out" + std::to_string(number++));
    EXPECT_EQ(status.reason(), "LfsRefused") << script << ": " << status.ToString();
  }
  EXPECT_EQ(number, 8);
}

TEST_F(GitLfsSshTest, PrivatePlace_IsAddressRefused) {
  Push("b", Sample());
  Authenticate("echo '{\"href\": \"http://10.255.255.1/\"}'");
  EXPECT_EQ(Get(SshUrl("b"), Head("b")).reason(), "AddressRefused");
}

TEST_F(GitLfsSshTest, ChangedHostKey_IsRefusedBeforeTheKeyIsUsed) {
  Push("b", Sample());
  ASSERT_EQ(Get(SshUrl("b"), Head("b")).reason(), "LfsRefused");
  const std::string before = HostKey("ed25519");
  NewHostKey("ed25519");
  RestartSsh();
  Status status = Get(SshUrl("b"), Head("b"), "again");  // the mirror has the commit
  EXPECT_EQ(status.reason(), "HostKeyChanged") << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("has changed"));
  credentials_.host_keys = {before};
  status = Get(SshUrl("b"), Head("b"), "pinned");
  EXPECT_EQ(status.reason(), "HostKeyChanged") << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("host-key accept"));
  credentials_.host_keys = {HostKey("ed25519")};
  EXPECT_EQ(Get(SshUrl("b"), Head("b"), "accepted").reason(), "LfsRefused");
}

}  // namespace
}  // namespace ns::git
