// With git's own server over HTTP.
#include "git/git_remote.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/git_fixture_for_test.h"
#include "git/known_hosts.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using supervise::Fd;
using testing::HasSubstr;

TEST_F(GitTest, ListRefs_GivesShortAndFullNamesWithTagsPeeled) {
  StartServer();
  MakeRepository("a");
  const auto refs = Remote()->ListRefs({}, At(Url("a")));
  ASSERT_TRUE(refs.ok()) << refs.status().ToString();
  const std::string first = Hash("v1"), second = Hash("main");
  EXPECT_THAT(*refs,
              testing::ElementsAre(model::GitRef{"HEAD", second}, model::GitRef{"main", second},
                                   model::GitRef{"refs/heads/main", second},
                                   model::GitRef{"refs/heads/release", first},
                                   model::GitRef{"refs/tags/v1", first},
                                   model::GitRef{"release", first}, model::GitRef{"v1", first}));
}

TEST_F(GitTest, Commits_ReadsMetadataAndLeavesOutWhatIsNotThere) {
  StartServer();
  MakeRepository("a");
  const auto commits =
      Remote()->Commits({}, At(Url("a")), {Hash("main"), std::string(40, 'a'), Hash("v1")});
  ASSERT_TRUE(commits.ok()) << commits.status().ToString();
  EXPECT_THAT(*commits, testing::ElementsAre(
                            model::Commit{Hash("main"), "Ann", Time(seconds(2000)), "second\n"},
                            model::Commit{Hash("v1"), "Ann", Time(seconds(2000)), "first\n"}));
}

TEST_F(GitTest, Checkout_WritesExactlyTheCommit) {
  StartServer();
  MakeRepository("a");
  const auto remote = Remote();
  const std::string out = root_ + "/out";
  const Status status = remote->Checkout({}, At(Url("a")), Hash("v1"), out, {});
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Read(out + "/file"), "one\n");
  EXPECT_EQ(Read(out + "/sub/link"), "one\n");
  EXPECT_EQ(fs::read_symlink(out + "/sub/link"), "../file");
  EXPECT_EQ(fs::status(out + "/run").permissions() & fs::perms::owner_exec, fs::perms::owner_exec);
  EXPECT_FALSE(fs::exists(out + "/.git"));
  EXPECT_EQ(Shell("cd out && find . | sort | tr '\\n' ' '"),
            ". ./file ./run ./sub ./sub/deep ./sub/link ");
  const std::string main = Hash("main");
  server_->KillGroup(SIGKILL);
  EXPECT_TRUE(remote->Checkout({}, At(Url("a")), main, root_ + "/again", {}).ok())
      << "what the mirror has needs no remote";
  EXPECT_EQ(Read(root_ + "/again/file"), "two\n");
  EXPECT_EQ(remote->Checkout({}, At(Url("a")), main, root_ + "/again", {}).code(),
            Code::kPrecondition);
}

TEST_F(GitTest, Checkout_FollowsAForcedPushAndRenamedBranches) {
  StartServer();
  MakeRepository("a");
  const auto remote = Remote();
  ASSERT_TRUE(remote->Checkout({}, At(Url("a")), Hash("main"), root_ + "/one", {}).ok());
  Shell(
      "cd work && git commit -q --amend -m rewritten && git push -qf ../served/a.git HEAD:main && "
      "git push -q ../served/a.git :release && git push -q ../served/a.git HEAD:release/x");
  const Status status = remote->Checkout({}, At(Url("a")), Hash("main"), root_ + "/two", {});
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Read(root_ + "/two/file"), "two\n");
}

TEST_F(GitTest, Checkout_RenewsADamagedMirror) {
  StartServer();
  MakeRepository("a");
  const auto remote = Remote();
  ASSERT_TRUE(remote->Checkout({}, At(Url("a")), Hash("v1"), root_ + "/one", {}).ok());
  const std::string mirror = options_.folder + "/0123456789abcdef012345.git";
  ASSERT_TRUE(fs::exists(mirror + "/HEAD"));
  { std::ofstream(mirror + "/HEAD", std::ios::trunc) << "nonsense"; }
  const Status status = remote->Checkout({}, At(Url("a")), Hash("main"), root_ + "/two", {});
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_F(GitTest, Checkout_OfAMirrorThatLostAnObject_FetchesItAgain) {
  StartServer();
  MakeRepository("a");
  Shell(
      "cd work && head -c 200000 /dev/urandom >big && git add . && git commit -qm big && git push "
      "-q ../served/a.git HEAD:main");
  const auto remote = Remote();
  ASSERT_TRUE(remote->Checkout({}, At(Url("a")), Hash("main"), root_ + "/one", {}).ok());
  Shell(
      "cd mirrors/0123456789abcdef012345.git/objects/pack && chmod u+w *.pack && printf damage | "
      "dd of=$(ls *.pack) bs=1 seek=100000 conv=notrunc status=none");
  const Status status = remote->Checkout({}, At(Url("a")), Hash("main"), root_ + "/two", {});
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Read(root_ + "/two/big"), Read(root_ + "/work/big"));
}

TEST_F(GitTest, Checkout_BringsSubmodulesAtTheCommitOfTheTree) {
  StartServer();
  MakeRepository("a");
  Shell(
      "git clone -q --bare work served/lib.git && cd work && mkdir -p libs && "
      "git config -f .gitmodules submodule.x.path libs/x && "
      "git config -f .gitmodules submodule.x.url ../lib.git && git add .gitmodules && "
      "git update-index --add --cacheinfo 160000,$(git rev-parse v1^{commit}),libs/x && "
      "git commit -qm module && git push -q ../served/a.git HEAD:main");
  const auto remote = Remote();
  const std::string main = Hash("main");
  const Status status = remote->Checkout({}, At(Url("a")), main, root_ + "/out", {});
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Read(root_ + "/out/file"), "two\n");
  EXPECT_EQ(Read(root_ + "/out/libs/x/file"), "one\n");
  EXPECT_EQ(Read(root_ + "/out/libs/x/sub/link"), "one\n");
  server_->KillGroup(SIGKILL);
  EXPECT_TRUE(remote->Checkout({}, At(Url("a")), main, root_ + "/again", {}).ok())
      << "what the mirrors have needs no remote";
  EXPECT_EQ(Read(root_ + "/again/libs/x/file"), "one\n");
}

TEST_F(GitTest, Checkout_OfAnUnknownCommit_IsCommitNotFound) {
  StartServer();
  MakeRepository("a");
  const Status status =
      Remote()->Checkout({}, At(Url("a")), std::string(40, 'b'), root_ + "/out", {});
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.reason(), "CommitNotFound");
  EXPECT_EQ(status.fault(), Fault::kSource);
}

TEST_F(GitTest, Checkout_OfALinkThatLeavesTheTree_IsRefused) {
  StartServer();
  MakeRepository("a");
  Shell(
      "cd work && ln -s ../../../../etc/passwd sub/evil && git add . && git commit -qm evil && git "
      "push -q ../served/a.git HEAD:main");
  const Status status = Remote()->Checkout({}, At(Url("a")), Hash("main"), root_ + "/out", {});
  EXPECT_EQ(status.code(), Code::kInvalid);
  EXPECT_EQ(status.fault(), Fault::kSource);
  EXPECT_THAT(status.message(), HasSubstr("sub/evil"));
}

TEST_F(GitTest, Checkout_RunsNoHookAndNoFilter) {
  StartServer();
  MakeRepository("a");
  Shell(
      "cd work && echo '* text eol=crlf filter=evil' >.gitattributes && git add . && git commit "
      "-qm attributes && git push -q ../served/a.git HEAD:main");
  ASSERT_TRUE(Remote()->Checkout({}, At(Url("a")), Hash("main"), root_ + "/out", {}).ok());
  EXPECT_EQ(Read(root_ + "/out/file"), "two\n");
}

TEST_F(GitTest, Checkout_LargerThanTheLimit_IsLimitExceeded) {
  StartServer();
  MakeRepository("a");
  Shell(
      "cd work && head -c 3000000 /dev/urandom >big && git add . && git commit -qm big && git push "
      "-q ../served/a.git HEAD:main");
  options_.mirror_limit = 1 << 20;
  Status status = Remote()->Checkout({}, At(Url("a")), Hash("main"), root_ + "/out", {});
  EXPECT_EQ(status.reason(), "LimitExceeded") << status.ToString();
  Shell(
      "cd work && git checkout -q --orphan small && git rm -qf big && head -c 3000000 /dev/zero "
      ">zeros && git add . && git commit -qm small && "
      "git clone -q --bare --single-branch -b small . ../served/zeros.git");
  status = Remote()->Checkout({}, At(Url("zeros")), Hash("small"), root_ + "/zeros", {});
  EXPECT_EQ(status.reason(), "LimitExceeded")
      << "compressed small, large on disk: " << status.ToString();
}

TEST_F(GitTest, ListRefs_OfTooMany_IsLimitExceeded) {
  StartServer();
  MakeRepository("a");
  options_.ref_limit = 2;
  EXPECT_EQ(Remote()->ListRefs({}, At(Url("a"))).status().reason(), "LimitExceeded");
}

TEST_F(GitTest, ListRefs_OfNoRepository_IsRepositoryNotFound) {
  StartServer();
  const Status status = Remote()->ListRefs({}, At(Url("nothing"))).status();
  EXPECT_EQ(status.reason(), "RepositoryNotFound") << status.ToString();
  EXPECT_EQ(status.code(), Code::kNotFound);
}

TEST_F(GitTest, ListRefs_OfAnEmptyRepository_IsEmpty) {
  StartServer();
  Shell("git init -q --bare served/empty.git");
  const auto refs = Remote()->ListRefs({}, At(Url("empty")));
  ASSERT_TRUE(refs.ok()) << refs.status().ToString();
  EXPECT_TRUE(refs->empty());
}

TEST_F(GitTest, BasicAuth_WorksAndIsRefusedWhenWrong) {
  StartServer();
  MakeRepository("private-a");
  EXPECT_EQ(Remote()->ListRefs({}, At(Url("private-a"))).status().reason(), "AuthenticationFailed");
  credentials_ = {model::GitAuth::kBasic, "user", Secret("wrong"), {}};
  const Status wrong = Remote()->ListRefs({}, At(Url("private-a"))).status();
  EXPECT_EQ(wrong.reason(), "AuthenticationFailed") << wrong.ToString();
  EXPECT_EQ(wrong.code(), Code::kDenied);
  credentials_.password = Secret("pass word");
  EXPECT_TRUE(Remote()->ListRefs({}, At(Url("private-a"))).ok());
  EXPECT_TRUE(Remote()->Checkout({}, At(Url("private-a")), Hash("main"), root_ + "/out", {}).ok());
}

TEST_F(GitTest, Redirect_IsFollowedOnTheSameHostAndCheckedElsewhere) {
  StartServer();
  MakeRepository("a");
  const std::string base = "http://127.0.0.1:" + port_;
  EXPECT_TRUE(Remote()->ListRefs({}, At(base + "/moved/a.git")).ok());
  options_.private_hosts = {"localhost"};
  const Status status = Remote()
                            ->ListRefs({}, At("http://localhost:" + port_ + "/elsewhere/" + port_ +
                                              "/cgi-bin/git/a.git"))
                            .status();
  EXPECT_EQ(status.reason(), "AddressRefused") << status.ToString();
  options_.private_hosts = {"127.0.0.1"};
  credentials_ = {model::GitAuth::kBasic, "user", Secret("pass word"), {}};
  const Status pinned =
      Remote()->ListRefs({}, At(base + "/elsewhere/1/cgi-bin/git/a.git")).status();
  EXPECT_EQ(pinned.reason(), "AddressRefused") << pinned.ToString();
  EXPECT_THAT(pinned.message(), HasSubstr("credentials"));
}

TEST_F(GitTest, Https_IsTrustedByItsAuthorityAlone) {
  Shell(
      "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj "
      "/CN=localhost -addext subjectAltName=DNS:localhost");
  StartServer({root_ + "/cert.pem", root_ + "/key.pem"});
  MakeRepository("a");
  const std::string url = "https://localhost:" + port_ + "/cgi-bin/git/a.git";
  const Status unknown = Remote()->ListRefs({}, At(url)).status();
  EXPECT_EQ(unknown.reason(), "RemoteUnreachable") << unknown.ToString();
  EXPECT_THAT(unknown.message(), HasSubstr("certificate"));
  options_.ca_file = root_ + "/cert.pem";
  const auto refs = Remote()->ListRefs({}, At(url));
  EXPECT_TRUE(refs.ok()) << refs.status().ToString();
  const Status status = Remote()->Checkout({}, At(url), Hash("main"), root_ + "/out", {});
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_F(GitTest, Commits_WithBytesThatAreNoText_AreReadable) {
  StartServer();
  MakeRepository("a");
  Shell(
      "cd work && printf 'caf\\351' | git -c i18n.commitEncoding=ISO-8859-1 commit -q "
      "--allow-empty -F - && git push -q ../served/a.git HEAD:main");
  const auto commits = Remote()->Commits({}, At(Url("a")), {Hash("main")});
  ASSERT_TRUE(commits.ok());
  ASSERT_EQ(commits->size(), 1U);
  EXPECT_EQ((*commits)[0].message, "caf?\n");
}

TEST_F(GitTest, PrivateAddress_IsRefusedUnlessListed) {
  StartServer();
  MakeRepository("a");
  options_.private_hosts.clear();
  const Status status = Remote()->ListRefs({}, At(Url("a"))).status();
  EXPECT_EQ(status.reason(), "AddressRefused");
  EXPECT_EQ(status.code(), Code::kDenied);
  EXPECT_EQ(Remote()->ListRefs({}, At("git@localhost:a")).status().reason(), "AddressRefused");
}

TEST_F(GitTest, UnknownHostsAndClosedPorts_AreUnreachable) {
  EXPECT_EQ(Remote()->ListRefs({}, At("http://127.0.0.1:1/a.git")).status().reason(),
            "RemoteUnreachable");
  EXPECT_EQ(Remote()->ListRefs({}, At("http://no-such-host.invalid/a.git")).status().reason(),
            "RemoteUnreachable");
  const Status ssh = Remote()->ListRefs({}, At("ssh://git@127.0.0.1:1/a.git")).status();
  EXPECT_EQ(ssh.reason(), "RemoteUnreachable") << ssh.ToString();
  const Status fetch =
      Remote()->Commits({}, At("ssh://git@127.0.0.1:1/a.git"), {std::string(40, 'a')}).status();
  EXPECT_EQ(fetch.reason(), "RemoteUnreachable") << fetch.ToString();
  EXPECT_EQ(Remote()->ListRefs({}, At("file:///etc")).status().code(), Code::kInvalid);
}

// A remote that accepts and never answers.
class SilentRemote {
 public:
  SilentRemote() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_.get(), 16), 0);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  int port = 0;

 private:
  Fd fd_;
};

TEST_F(GitTest, SilentRemote_EndsAtTheDeadline) {
  SilentRemote silent;
  options_.list_deadline = std::chrono::milliseconds(300);
  for (const std::string& url : {"http://127.0.0.1:" + std::to_string(silent.port) + "/a",
                                 "ssh://git@127.0.0.1:" + std::to_string(silent.port) + "/a"}) {
    const Duration begin = SystemClock().Monotonic();
    const Status status = Remote()->ListRefs({}, At(url)).status();
    EXPECT_EQ(status.reason(), "RemoteTimeout") << status.ToString();
    EXPECT_EQ(status.code(), Code::kDeadline);
    EXPECT_LT(SystemClock().Monotonic() - begin, seconds(5));
  }
}

TEST_F(GitTest, Cancel_EndsTheCallAtOnce) {
  SilentRemote silent;
  std::stop_source stop;
  const std::jthread canceller([&] {
    supervise::WaitReadable(-1, std::chrono::milliseconds(100));
    stop.request_stop();
  });
  const Status status = Remote()
                            ->ListRefs({stop.get_token(), std::nullopt},
                                       At("http://127.0.0.1:" + std::to_string(silent.port) + "/a"))
                            .status();
  EXPECT_EQ(status.code(), Code::kCancelled);
}

TEST_F(GitTest, KnownHosts_TrustsTheFirstKeyAndRefusesAnother) {
  const std::string file = root_ + "/known_hosts";
  EXPECT_TRUE(CheckHostKey(file, "h:22", "SHA256:z", false).ok()) << "and keeps it not";
  EXPECT_TRUE(CheckHostKey(file, "h:22", "SHA256:a", true).ok());
  EXPECT_TRUE(CheckHostKey(file, "h:22", "SHA256:a", true).ok());
  EXPECT_TRUE(CheckHostKey(file, "h:2222", "SHA256:b", true).ok());
  for (const bool keep : {true, false}) {
    const Status status = CheckHostKey(file, "h:22", "SHA256:b", keep);
    EXPECT_EQ(status.reason(), "HostKeyChanged");
    EXPECT_THAT(status.message(), HasSubstr("has changed from SHA256:a to SHA256:b"));
  }
}

}  // namespace
}  // namespace ns::git
