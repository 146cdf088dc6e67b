// Pushes and fetches against the real git, without HTTP around them.
#include "git/receive.h"

#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "git/inflate.h"
#include "git/push_commands.h"
#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::git {

std::string ThisProgram();

namespace {

namespace fs = std::filesystem;
using ports::GitService;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

const std::string kNone(40, '0');

// Standard output of a shell command that succeeds.
std::string Shell(const std::string& command) {
  const supervise::Fd out(::memfd_create("out", MFD_CLOEXEC));
  supervise::SpawnSpec spec;
  spec.argv = {"/bin/sh", "-c", command};
  spec.env = {"PATH=/usr/bin:/bin",   "GIT_AUTHOR_NAME=t",       "GIT_AUTHOR_EMAIL=t@t",
              "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@t", "HOME=/nonexistent",
              "GIT_CONFIG_NOSYSTEM=1"};
  spec.out = out.get();
  auto child = supervise::Process::Spawn(spec);
  const auto ended = child->Wait(SystemClock(), SystemClock().Monotonic() + 30s);
  EXPECT_TRUE(ended.ok() && ended->ok()) << command;
  std::string text(static_cast<size_t>(::lseek(out.get(), 0, SEEK_END)), '\0');
  EXPECT_EQ(::pread(out.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return text;
}

// Gives a body in pieces, keeps the answer.
class Memory final : public ports::ByteExchange {
 public:
  explicit Memory(std::string body, size_t piece = 7000) : body_(std::move(body)), piece_(piece) {
    ::eventfd_write(event_, 1);
  }
  ~Memory() override { ::close(event_); }
  int ready() const override { return event_; }
  Result<bool> Take(std::string& bytes) override {
    if (stalls && at_ >= body_.size()) {
      eventfd_t ignored = 0;
      ::eventfd_read(event_, &ignored);
      return false;
    }
    bytes += body_.substr(at_, piece_);
    at_ += piece_;
    return !stalls && at_ >= body_.size();
  }
  Status Give(const ports::Call&, std::string_view bytes) override {
    answer += bytes;
    return {};
  }
  std::string answer;
  bool stalls = false;  // the end of the body never comes

 private:
  const int event_ = ::eventfd(0, EFD_CLOEXEC);
  const std::string body_;
  const size_t piece_;
  size_t at_ = 0;
};

class ReceiveTest : public testing::Test {
 protected:
  ReceiveTest() {
    std::string pattern = testing::TempDir() + "receive-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    options_.folder = root_ + "/repositories";
    options_.program = "/usr/bin/git";
    options_.git.worker = {ThisProgram(), "git-worker"};
    options_.git.bubblewrap = fs::exists("/usr/bin/bwrap") ? "/usr/bin/bwrap" : "";
    Shell("git init -q -b main " + root_ + "/work");
  }
  ~ReceiveTest() override { fs::remove_all(root_); }

  // In the work tree.
  std::string InTree(const std::string& command) const {
    return Shell("cd " + root_ + "/work && " + command);
  }
  std::string Commit(const std::string& content) {
    InTree("printf '" + content + "' > a; git add a; git commit -q -m x");
    return Line("git rev-parse HEAD");
  }
  std::string Line(const std::string& command) {
    std::string out = InTree(command);
    while (out.ends_with('\n')) out.pop_back();
    return out;
  }
  // The body of a push of everything.
  std::string PushOf(const std::string& commands) {
    return commands + "0000" + InTree("git pack-objects --all --stdout -q < /dev/null");
  }
  static std::string Command(const std::string& from, const std::string& to, const std::string& ref,
                             bool first = true) {
    const std::string capabilities =
        first ? std::string(1, '\0') + " report-status side-band-64k" : "";
    return PacketLine(from + " " + to + " " + ref + capabilities);
  }

  ports::GitReceive& git() {
    if (!git_) git_ = NewGitReceive(options_, SystemClock());
    return *git_;
  }
  ports::Call InTime(Duration time = 20s) { return {{}, SystemClock().Monotonic() + time}; }
  // The answer to a push to the repository "shop".
  std::string Push(const std::string& body, Status wanted = {}) {
    Memory exchange(body);
    EXPECT_EQ(git().Serve(InTime(), "shop", {GitService::kReceive, false, false, ""}, exchange),
              wanted);
    return exchange.answer;
  }
  std::string Head() { return Line("git -C " + options_.folder + "/shop.git rev-parse HEAD"); }

  std::string root_;
  ReceiveOptions options_;
  std::unique_ptr<ports::GitReceive> git_;
};

TEST_F(ReceiveTest, Advertisement_BeginsWithTheService) {
  ASSERT_EQ(git().Create("shop"), Status());
  Memory exchange("");
  ASSERT_EQ(git().Serve(InTime(), "shop", {GitService::kReceive, true, false, ""}, exchange),
            Status());
  EXPECT_TRUE(exchange.answer.starts_with("001f# service=git-receive-pack\n0000"))
      << exchange.answer;
  EXPECT_THAT(exchange.answer, HasSubstr("report-status"));
}

TEST_F(ReceiveTest, Version2_BeginsWithItsVersion) {
  ASSERT_EQ(git().Create("shop"), Status());
  Memory exchange("");
  ASSERT_EQ(
      git().Serve(InTime(), "shop", {GitService::kUpload, true, false, "version=2"}, exchange),
      Status());
  EXPECT_TRUE(exchange.answer.starts_with("000eversion 2\n")) << exchange.answer;
}

TEST_F(ReceiveTest, Push_IsStoredAndHeadNamesItsBranch) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string commit = Commit("one");
  EXPECT_THAT(Push(PushOf(Command(kNone, commit, "refs/heads/trunk"))), HasSubstr("unpack ok"));
  EXPECT_EQ(Head(), commit);
}

TEST_F(ReceiveTest, SameRefTwice_IsWonByTheFirst) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string first = Commit("one");
  Push(PushOf(Command(kNone, first, "refs/heads/main")));
  const std::string second = Commit("two");
  EXPECT_THAT(Push(PushOf(Command(kNone, second, "refs/heads/main"))), HasSubstr("ng refs/heads"));
  EXPECT_EQ(Head(), first);
}

TEST_F(ReceiveTest, TooLarge_IsToldByGitAndLeavesNothing) {
  options_.push_limit = 1000;
  ASSERT_EQ(git().Create("shop"), Status());
  InTree("head -c 100000 /dev/urandom > big; git add big");
  const std::string commit = Commit("one");
  EXPECT_THAT(Push(PushOf(Command(kNone, commit, "refs/heads/main"))),
              HasSubstr("exceeds maximum allowed size"));
  EXPECT_EQ(Line("find " + options_.folder + "/shop.git/objects -type f"), "");
}

TEST_F(ReceiveTest, FullRepository_TakesNoMore) {
  options_.repository_limit = 10;
  ASSERT_EQ(git().Create("shop"), Status());
  Memory exchange("");
  EXPECT_EQ(
      git().Serve(InTime(), "shop", {GitService::kReceive, true, false, ""}, exchange).reason(),
      "RepositoryFull");
}

TEST_F(ReceiveTest, BrokenObjects_AreRefused) {
  ASSERT_EQ(git().Create("shop"), Status());
  Commit("one");
  const std::string tree =
      Line("printf '100644 blob %s\\t.git\\n' $(git hash-object -w a) | git mktree");
  const std::string evil = Line("git commit-tree -m evil " + tree);
  InTree("git update-ref refs/heads/evil " + evil);
  EXPECT_THAT(Push(PushOf(Command(kNone, evil, "refs/heads/main"))), HasSubstr("hasDotgit"));
}

TEST_F(ReceiveTest, TooManyRefs_AreRefusedInWordsThatGitShows) {
  options_.ref_limit = 5;
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string commit = Commit("one");
  std::string commands;
  for (int i = 0; i < 6; ++i)
    commands += Command(kNone, commit, "refs/heads/b" + std::to_string(i), i == 0);
  EXPECT_THAT(Push(PushOf(commands)), HasSubstr("at most 5 refs"));
}

TEST_F(ReceiveTest, RefsOfOtherKinds_AreRefused) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string commit = Commit("one");
  EXPECT_THAT(Push(PushOf(Command(kNone, commit, "refs/notes/x"))), HasSubstr("hidden ref"));
}

TEST_F(ReceiveTest, Hooks_DoNotRun) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string hook = options_.folder + "/shop.git/hooks/post-receive";
  fs::create_directories(fs::path(hook).parent_path());
  std::ofstream(hook) << "#!/bin/sh\ntouch " << options_.folder << "/shop.git/ran\n";
  fs::permissions(hook, fs::perms::owner_all);
  const std::string commit = Commit("one");
  Push(PushOf(Command(kNone, commit, "refs/heads/main")));
  EXPECT_FALSE(fs::exists(options_.folder + "/shop.git/ran"));
}

TEST_F(ReceiveTest, BodyThatStalls_EndsWithTheDeadlineAndLeavesNothing) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string commit = Commit("one");
  std::string body = PushOf(Command(kNone, commit, "refs/heads/main"));
  body.resize(body.size() - 10);
  Memory exchange(body);
  exchange.stalls = true;
  EXPECT_EQ(
      git().Serve(InTime(500ms), "shop", {GitService::kReceive, false, false, ""}, exchange).code(),
      Code::kDeadline);
  EXPECT_EQ(Line("git -C " + options_.folder + "/shop.git for-each-ref"), "");
}

TEST_F(ReceiveTest, NamesThatLeaveTheFolder_AreInvalid) {
  for (const char* name : {"../x", "a/b", "", ".git", "a..b", "A", "x.git", "x.lock"})
    EXPECT_EQ(git().Create(name).code(), Code::kInvalid) << name;
}

TEST_F(ReceiveTest, Removed_IsGone) {
  ASSERT_EQ(git().Create("shop"), Status());
  EXPECT_TRUE(*git().Has("shop"));
  EXPECT_EQ(git().Remove("shop"), Status());
  EXPECT_EQ(git().Remove("shop"), Status());
  EXPECT_FALSE(*git().Has("shop"));
}

TEST_F(ReceiveTest, Tidy_KeepsWhatThereIs) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string commit = Commit("one");
  Push(PushOf(Command(kNone, commit, "refs/heads/main")));
  EXPECT_EQ(git().Tidy(InTime(), "shop"), Status());
  EXPECT_EQ(Head(), commit);
}

TEST_F(ReceiveTest, Tidy_RemovesWhatPushesLeftThatWereCutOff) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string objects = options_.folder + "/shop.git/objects";
  Shell("cd " + objects + " && mkdir -p pack tmp_objdir-incoming-old/pack tmp_objdir-incoming-new" +
        " && touch -d '2 hours ago' tmp_objdir-incoming-old/pack/tmp_pack_x pack/tmp_pack_y" +
        " tmp_objdir-incoming-old/pack tmp_objdir-incoming-old");
  EXPECT_EQ(git().Tidy(InTime(), "shop"), Status());
  EXPECT_EQ(Shell("cd " + objects + " && ls -d tmp_* pack/tmp_* 2>/dev/null || true"),
            "tmp_objdir-incoming-new\n");
}

TEST(PushCommands, ReadInAnyPieces) {
  const std::string body =
      PacketLine(kNone + " " + std::string(40, 'a') + " refs/heads/x" + std::string(1, '\0') +
                 "report-status side-band-64k\n") +
      PacketLine(std::string(40, 'b') + " " + std::string(40, 'a') + " refs/tags/y") + "0000PACK";
  for (size_t piece = 1; piece < body.size(); ++piece) {
    PushCommands commands(10);
    for (size_t at = 0; at < body.size(); at += piece)
      ASSERT_EQ(commands.Feed(std::string_view(body).substr(at, piece)), Status());
    EXPECT_TRUE(commands.complete());
    EXPECT_THAT(commands.refs(), ElementsAre("refs/heads/x", "refs/tags/y"));
    EXPECT_EQ(commands.created(), 1u);
  }
}

TEST(PushCommands, WhatIsNoPacketLine_IsInvalid) {
  for (const char* bytes : {"zzzz", "0001", "0003", "ffff", "-123", " 123"})
    EXPECT_EQ(PushCommands(10).Feed(bytes).code(), Code::kInvalid) << bytes;
}

TEST(PushCommands, CertificateOfASignedPush_IsRefused) {
  PushCommands commands(10);
  EXPECT_EQ(commands.Feed(PacketLine(std::string("push-cert\0report-status", 23))).code(),
            Code::kInvalid);
  EXPECT_EQ(PushCommands(10).Feed(PacketLine("certificate version 0.1\n")).code(), Code::kInvalid);
  EXPECT_EQ(PushCommands(10).Feed(PacketLine("shallow " + std::string(40, 'a'))), Status());
}

TEST(Inflate, GarbageBombsAndTails_AreRefused) {
  std::string out;
  EXPECT_EQ(Inflate().Feed("no gzip at all, but long enough", 1000, out).code(), Code::kInvalid);
  // gzip of 100,000 zero bytes.
  const std::string zeros = Shell("head -c 100000 /dev/zero | gzip -c");
  out.clear();
  EXPECT_EQ(Inflate().Feed(zeros, 50'000, out).code(), Code::kExhausted);
  out.clear();
  Inflate inflate;
  for (const char byte : zeros) ASSERT_EQ(inflate.Feed({&byte, 1}, 200'000, out), Status());
  EXPECT_EQ(out, std::string(100'000, '\0'));
  EXPECT_EQ(inflate.Feed("tail", 1000, out).code(), Code::kInvalid);
}

}  // namespace
}  // namespace ns::git
