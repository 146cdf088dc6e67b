// With git's own server over HTTP, and the child as this very program.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/address_rules.h"
#include "git/git_remote.h"
#include "git/known_hosts.h"
#include "git/tree_writer.h"
#include "git/wire.h"
#include "supervise/process.h"

namespace ns::git {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using supervise::Fd;
using testing::HasSubstr;

std::string self;  // this program

TEST(Wire, RoundTrip_KeepsEverything) {
  Request request;
  request.operation = Operation::kCheckout;
  request.url = std::string("a\0b", 3);
  request.auth = model::GitAuth::kBasic;
  request.password = Secret("x");
  request.private_hosts = {"a", ""};
  request.hashes = {"1", "2"};
  request.mirror_limit = ~uint64_t{0};
  request.path = "/p";
  const auto again = DecodeRequest(Encode(request));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->url, request.url);
  EXPECT_EQ(again->password, request.password);
  EXPECT_EQ(again->private_hosts, request.private_hosts);
  EXPECT_EQ(again->hashes, request.hashes);
  EXPECT_EQ(again->mirror_limit, request.mirror_limit);
  Answer answer;
  answer.status = Status(Code::kDenied, "R", "m").SetFault(Fault::kSource);
  answer.refs = {{"HEAD", "1"}};
  answer.commits = {{"h", "a", Time(seconds(5)), "m"}};
  const auto back = DecodeAnswer(Encode(answer));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->status, answer.status);
  EXPECT_EQ(back->refs, answer.refs);
  EXPECT_EQ(back->commits, answer.commits);
}

TEST(Wire, Decode_RefusesEveryCutAndWildLengths) {
  Answer answer;
  answer.refs = {{"HEAD", "1"}};
  const std::string bytes = Encode(answer);
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(DecodeAnswer(bytes.substr(0, size)).ok()) << size;
  EXPECT_FALSE(DecodeAnswer(bytes + "x").ok());
  EXPECT_FALSE(DecodeAnswer(std::string(200, '\xff')).ok());
}

TEST(AddressRules, PrivateAddressesAreNotGlobal) {
  const auto global = [](const std::string& text) { return IsGlobal(*supervise::ParseAddress(text + ":1")); };
  for (const char* text : {"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
                           "198.18.0.1", "203.0.113.9", "[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]",
                           "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:db8::1]", "[ff02::1]"}) {
    EXPECT_FALSE(global(text)) << text;
  }
  for (const char* text : {"1.1.1.1", "172.32.0.1", "100.128.0.1", "[2606:4700::1111]", "[::ffff:8.8.8.8]"}) EXPECT_TRUE(global(text)) << text;
}

TEST(AddressRules, ListedOnesAreAllowed) {
  const auto allows = [](std::vector<std::string> listed, const std::string& host, const char* address) {
    return AddressRules(std::move(listed)).Allows(host, *supervise::ParseAddress(address));
  };
  EXPECT_FALSE(allows({}, "git.home", "10.0.0.5:1"));
  EXPECT_TRUE(allows({"git.home"}, "git.home", "10.0.0.5:1"));
  EXPECT_FALSE(allows({"git.home"}, "other.home", "10.0.0.5:1"));
  EXPECT_TRUE(allows({"10.0.0.0/24"}, "x", "10.0.0.5:1"));
  EXPECT_FALSE(allows({"10.0.1.0/24"}, "x", "10.0.0.5:1"));
  EXPECT_TRUE(allows({"127.0.0.1"}, "x", "127.0.0.1:1"));
  EXPECT_FALSE(allows({"127.0.0.1"}, "x", "127.0.0.2:1"));
  EXPECT_TRUE(allows({"127.0.0.1"}, "x", "[::ffff:127.0.0.1]:1"));
  EXPECT_TRUE(allows({"fd00::/8"}, "x", "[fd12::1]:1"));
}

TEST(TreeWriter, LinkStaysInside_OnlyWhenItCannotLeadOut) {
  EXPECT_TRUE(LinkStaysInside("a/b", 0));
  EXPECT_TRUE(LinkStaysInside("../a", 1));
  EXPECT_TRUE(LinkStaysInside("./../a/.", 1));
  EXPECT_FALSE(LinkStaysInside("..", 0));
  EXPECT_FALSE(LinkStaysInside("../../a", 1));
  EXPECT_FALSE(LinkStaysInside("/etc/passwd", 5));
  EXPECT_FALSE(LinkStaysInside("a/../../b", 1));
  EXPECT_FALSE(LinkStaysInside("a/../b", 1)) << "a may itself be a link";
  EXPECT_FALSE(LinkStaysInside("", 1));
}

class GitTest : public testing::Test {
 protected:
  GitTest() {
    char name[] = "/tmp/ns-git-XXXXXX";
    root_ = ::mkdtemp(name);
    options_.worker = {self, "git-worker"};
    options_.folder = root_ + "/mirrors";
    options_.private_hosts = {"127.0.0.1"};
  }
  ~GitTest() override {
    if (server_) {
      server_->KillGroup(SIGKILL);
      [[maybe_unused]] const auto ended = server_->Wait(SystemClock(), SystemClock().Monotonic() + seconds(10));
    }
    fs::remove_all(root_);
  }

  void StartServer() {
    fs::create_directories(root_ + "/served");
    int in[2], out[2];
    ASSERT_EQ(::pipe2(in, O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
    Fd their_in(in[0]), their_out(out[1]), answer(out[0]);
    server_in_ = Fd(in[1]);
    supervise::SpawnSpec spec;
    spec.argv = {"/usr/bin/python3", NS_TEST_GIT_SERVER, root_ + "/served"};
    spec.env = {"PATH=/usr/bin:/bin", "HOME=" + root_};
    spec.in = their_in.get();
    spec.out = their_out.get();
    auto server = supervise::Process::Spawn(spec);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_.emplace(std::move(*server));
    char text[16] = {};
    ASSERT_TRUE(supervise::WaitReadable(answer.get(), seconds(20)));
    ASSERT_GT(::read(answer.get(), text, sizeof text - 1), 0);
    port_ = std::to_string(std::atoi(text));
  }

  // Runs a script in the work folder, with commit dates that never change.
  std::string Shell(const std::string& script) {
    const std::string output = root_ + "/output";
    const Fd out(::open(output.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    supervise::SpawnSpec spec;
    spec.argv = {"/bin/sh", "-ec", script};
    spec.env = {"PATH=/usr/bin:/bin", "HOME=" + root_, "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=a@x", "GIT_COMMITTER_NAME=Cem", "GIT_COMMITTER_EMAIL=c@x",
                "GIT_AUTHOR_DATE=@1000 +0000", "GIT_COMMITTER_DATE=@2000 +0000", "GIT_CONFIG_NOSYSTEM=1"};
    spec.folder = root_;
    spec.out = spec.err = out.get();
    auto shell = supervise::Process::Spawn(spec);
    EXPECT_TRUE(shell.ok());
    const auto ended = shell->Wait(SystemClock(), SystemClock().Monotonic() + seconds(30));
    std::ifstream file(output);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(ended.ok() && ended->ok()) << script << "\n" << text;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

  // work -> served/<name>.git with two commits, a branch, an annotated tag.
  void MakeRepository(const std::string& name) {
    Shell("git init -q -b main work && cd work && mkdir sub && echo one >file && echo deep >sub/deep && printf '#!/bin/sh\\n' >run && chmod +x run && "
          "ln -s ../file sub/link && git add . && git commit -qm first && git tag -a -m tagged v1 && echo two >file && git commit -qam second && "
          "git branch release v1 && cd .. && git clone -q --bare work served/" + name + ".git");
  }
  std::string Url(const std::string& name) const { return "http://127.0.0.1:" + port_ + "/cgi-bin/git/" + name + ".git"; }
  std::string Hash(const std::string& rev) { return Shell("git -C work rev-parse " + rev + "^{commit}"); }
  ports::Remote At(const std::string& url) const { return {RepositoryId("0123456789abcdef012345"), url, credentials_}; }
  std::unique_ptr<ports::GitRemote> Remote() { return NewGitRemote(options_, SystemClock()); }
  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string root_, port_;
  GitOptions options_;
  model::GitCredentials credentials_;
  std::optional<supervise::Process> server_;
  Fd server_in_;
};

TEST_F(GitTest, ListRefs_GivesShortAndFullNamesWithTagsPeeled) {
  StartServer();
  MakeRepository("a");
  const auto refs = Remote()->ListRefs({}, At(Url("a")));
  ASSERT_TRUE(refs.ok()) << refs.status().ToString();
  const std::string first = Hash("v1"), second = Hash("main");
  EXPECT_THAT(*refs, testing::ElementsAre(model::GitRef{"HEAD", second}, model::GitRef{"main", second}, model::GitRef{"refs/heads/main", second},
                                          model::GitRef{"refs/heads/release", first}, model::GitRef{"refs/tags/v1", first},
                                          model::GitRef{"release", first}, model::GitRef{"v1", first}));
}

TEST_F(GitTest, Commits_ReadsMetadataAndLeavesOutWhatIsNotThere) {
  StartServer();
  MakeRepository("a");
  const auto commits = Remote()->Commits({}, At(Url("a")), {Hash("main"), std::string(40, 'a'), Hash("v1")});
  ASSERT_TRUE(commits.ok()) << commits.status().ToString();
  EXPECT_THAT(*commits, testing::ElementsAre(model::Commit{Hash("main"), "Ann", Time(seconds(2000)), "second\n"},
                                             model::Commit{Hash("v1"), "Ann", Time(seconds(2000)), "first\n"}));
}

TEST_F(GitTest, Checkout_WritesExactlyTheCommit) {
  StartServer();
  MakeRepository("a");
  const auto remote = Remote();
  const std::string out = root_ + "/out";
  const Status status = remote->Checkout({}, At(Url("a")), Hash("v1"), out);
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Read(out + "/file"), "one\n");
  EXPECT_EQ(Read(out + "/sub/link"), "one\n");
  EXPECT_EQ(fs::read_symlink(out + "/sub/link"), "../file");
  EXPECT_EQ(fs::status(out + "/run").permissions() & fs::perms::owner_exec, fs::perms::owner_exec);
  EXPECT_FALSE(fs::exists(out + "/.git"));
  EXPECT_EQ(Shell("cd out && find . | sort | tr '\\n' ' '"), ". ./file ./run ./sub ./sub/deep ./sub/link ");
  const std::string main = Hash("main");
  server_->KillGroup(SIGKILL);
  EXPECT_TRUE(remote->Checkout({}, At(Url("a")), main, root_ + "/again").ok()) << "what the mirror has needs no remote";
  EXPECT_EQ(Read(root_ + "/again/file"), "two\n");
  EXPECT_EQ(remote->Checkout({}, At(Url("a")), main, root_ + "/again").code(), Code::kPrecondition);
}

TEST_F(GitTest, Checkout_FollowsAForcedPushAndRenamedBranches) {
  StartServer();
  MakeRepository("a");
  const auto remote = Remote();
  ASSERT_TRUE(remote->Checkout({}, At(Url("a")), Hash("main"), root_ + "/one").ok());
  Shell("cd work && git commit -q --amend -m rewritten && git push -qf ../served/a.git HEAD:main && "
        "git push -q ../served/a.git :release && git push -q ../served/a.git HEAD:release/x");
  const Status status = remote->Checkout({}, At(Url("a")), Hash("main"), root_ + "/two");
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Read(root_ + "/two/file"), "two\n");
}

TEST_F(GitTest, Checkout_RenewsADamagedMirror) {
  StartServer();
  MakeRepository("a");
  const auto remote = Remote();
  ASSERT_TRUE(remote->Checkout({}, At(Url("a")), Hash("v1"), root_ + "/one").ok());
  const std::string mirror = options_.folder + "/0123456789abcdef012345.git";
  ASSERT_TRUE(fs::exists(mirror + "/HEAD"));
  { std::ofstream(mirror + "/HEAD", std::ios::trunc) << "nonsense"; }
  const Status status = remote->Checkout({}, At(Url("a")), Hash("main"), root_ + "/two");
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_F(GitTest, Checkout_OfAnUnknownCommit_IsCommitNotFound) {
  StartServer();
  MakeRepository("a");
  const Status status = Remote()->Checkout({}, At(Url("a")), std::string(40, 'b'), root_ + "/out");
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.reason(), "CommitNotFound");
  EXPECT_EQ(status.fault(), Fault::kSource);
}

TEST_F(GitTest, Checkout_OfALinkThatLeavesTheTree_IsRefused) {
  StartServer();
  MakeRepository("a");
  Shell("cd work && ln -s ../../../../etc/passwd sub/evil && git add . && git commit -qm evil && git push -q ../served/a.git HEAD:main");
  const Status status = Remote()->Checkout({}, At(Url("a")), Hash("main"), root_ + "/out");
  EXPECT_EQ(status.code(), Code::kInvalid);
  EXPECT_EQ(status.fault(), Fault::kSource);
  EXPECT_THAT(status.message(), HasSubstr("sub/evil"));
}

TEST_F(GitTest, Checkout_RunsNoHookAndNoFilter) {
  StartServer();
  MakeRepository("a");
  Shell("cd work && echo '* text eol=crlf filter=evil' >.gitattributes && git add . && git commit -qm attributes && git push -q ../served/a.git HEAD:main");
  ASSERT_TRUE(Remote()->Checkout({}, At(Url("a")), Hash("main"), root_ + "/out").ok());
  EXPECT_EQ(Read(root_ + "/out/file"), "two\n");
}

TEST_F(GitTest, Checkout_LargerThanTheLimit_IsLimitExceeded) {
  StartServer();
  MakeRepository("a");
  Shell("cd work && head -c 3000000 /dev/urandom >big && git add . && git commit -qm big && git push -q ../served/a.git HEAD:main");
  options_.mirror_limit = 1 << 20;
  Status status = Remote()->Checkout({}, At(Url("a")), Hash("main"), root_ + "/out");
  EXPECT_EQ(status.reason(), "LimitExceeded") << status.ToString();
  Shell("cd work && git checkout -q --orphan small && git rm -qf big && head -c 3000000 /dev/zero >zeros && git add . && git commit -qm small && "
        "git clone -q --bare --single-branch -b small . ../served/zeros.git");
  status = Remote()->Checkout({}, At(Url("zeros")), Hash("small"), root_ + "/zeros");
  EXPECT_EQ(status.reason(), "LimitExceeded") << "compressed small, large on disk: " << status.ToString();
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
  EXPECT_TRUE(Remote()->Checkout({}, At(Url("private-a")), Hash("main"), root_ + "/out").ok());
}

TEST_F(GitTest, Redirect_IsFollowedOnTheSameHostAndCheckedElsewhere) {
  StartServer();
  MakeRepository("a");
  const std::string base = "http://127.0.0.1:" + port_;
  EXPECT_TRUE(Remote()->ListRefs({}, At(base + "/moved/a.git")).ok());
  options_.private_hosts = {"localhost"};
  const Status status = Remote()->ListRefs({}, At("http://localhost:" + port_ + "/elsewhere/" + port_ + "/cgi-bin/git/a.git")).status();
  EXPECT_EQ(status.reason(), "AddressRefused") << status.ToString();
  options_.private_hosts = {"127.0.0.1"};
  credentials_ = {model::GitAuth::kBasic, "user", Secret("pass word"), {}};
  const Status pinned = Remote()->ListRefs({}, At(base + "/elsewhere/1/cgi-bin/git/a.git")).status();
  EXPECT_EQ(pinned.reason(), "AddressRefused") << pinned.ToString();
  EXPECT_THAT(pinned.message(), HasSubstr("credentials"));
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
  EXPECT_EQ(Remote()->ListRefs({}, At("http://127.0.0.1:1/a.git")).status().reason(), "RemoteUnreachable");
  EXPECT_EQ(Remote()->ListRefs({}, At("http://no-such-host.invalid/a.git")).status().reason(), "RemoteUnreachable");
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
  for (const std::string& url : {"http://127.0.0.1:" + std::to_string(silent.port) + "/a", "ssh://git@127.0.0.1:" + std::to_string(silent.port) + "/a"}) {
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
  const Status status = Remote()->ListRefs({stop.get_token(), std::nullopt}, At("http://127.0.0.1:" + std::to_string(silent.port) + "/a")).status();
  EXPECT_EQ(status.code(), Code::kCancelled);
}

TEST_F(GitTest, KnownHosts_TrustsTheFirstKeyAndRefusesAnother) {
  const std::string file = root_ + "/known_hosts";
  EXPECT_TRUE(CheckHostKey(file, "h:22", "SHA256:a").ok());
  EXPECT_TRUE(CheckHostKey(file, "h:22", "SHA256:a").ok());
  EXPECT_TRUE(CheckHostKey(file, "h:2222", "SHA256:b").ok());
  const Status status = CheckHostKey(file, "h:22", "SHA256:b");
  EXPECT_EQ(status.reason(), "AuthenticationFailed");
  EXPECT_THAT(status.message(), HasSubstr("has changed from SHA256:a to SHA256:b"));
}

}  // namespace
}  // namespace ns::git

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "git-worker") return ns::git::RunGitWorker(0, 1);
  ns::git::self = std::filesystem::read_symlink("/proc/self/exe");
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
