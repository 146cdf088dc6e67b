// Pushes and fetches against the real git, without HTTP around them.
#include "git/receive.h"

#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "git/packet.h"
#include "supervise/fd.h"
#include "supervise/process.h"

namespace ns::git {

std::string ThisProgram();

namespace {

namespace fs = std::filesystem;
using ports::GitService;
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
    bytes += body_.substr(std::min(at_, body_.size()), piece_);
    at_ += piece_;
    return !stalls && at_ >= body_.size();
  }
  Status Give(const ports::Call&, std::string_view bytes) override {
    answer += bytes;
    return {};
  }
  // The body ends here, where it stalled.
  void End() {
    stalls = false;
    ::eventfd_write(event_, 1);
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
  Result<ports::GitServed> Serve(ports::ByteExchange& exchange, const ports::GitServing& serving,
                                 Duration time = 20s) {
    return git().Serve(InTime(time), "shop", serving, exchange);
  }
  // The answer to a push to the repository "shop"; what became of it is in `served_`.
  std::string Push(const std::string& body, const std::function<Status()>& may = {}) {
    Memory exchange(body);
    const auto served = Serve(exchange, {GitService::kReceive, false, false, "", may});
    EXPECT_EQ(served.status(), Status());
    served_ = served.ok() ? *served : ports::GitServed();
    return exchange.answer;
  }
  std::string Refs() { return Line("git -C " + options_.folder + "/shop.git for-each-ref"); }
  std::string Head() { return Line("git -C " + options_.folder + "/shop.git rev-parse HEAD"); }

  std::string root_;
  ReceiveOptions options_;
  std::unique_ptr<ports::GitReceive> git_;
  ports::GitServed served_;
};

TEST_F(ReceiveTest, Advertisement_BeginsWithTheService) {
  ASSERT_EQ(git().Create("shop"), Status());
  Memory exchange("");
  ASSERT_EQ(Serve(exchange, {GitService::kReceive, true, false, ""}).status(), Status());
  EXPECT_TRUE(exchange.answer.starts_with("001f# service=git-receive-pack\n0000"))
      << exchange.answer;
  EXPECT_THAT(exchange.answer, HasSubstr("report-status"));
}

TEST_F(ReceiveTest, Version2_BeginsWithItsVersion) {
  ASSERT_EQ(git().Create("shop"), Status());
  Memory exchange("");
  ASSERT_EQ(Serve(exchange, {GitService::kUpload, true, false, "version=2"}).status(), Status());
  EXPECT_TRUE(exchange.answer.starts_with("000eversion 2\n")) << exchange.answer;
}

TEST_F(ReceiveTest, Push_IsStoredAndHeadNamesItsBranch) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string commit = Commit("one");
  EXPECT_THAT(Push(PushOf(Command(kNone, commit, "refs/heads/trunk"))), HasSubstr("unpack ok"));
  EXPECT_EQ(Head(), commit);
  EXPECT_EQ(served_.refused, Status());
  EXPECT_TRUE(served_.moved);
}

TEST_F(ReceiveTest, SameRefTwice_IsWonByTheFirst) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string first = Commit("one");
  Push(PushOf(Command(kNone, first, "refs/heads/main")));
  const std::string second = Commit("two");
  EXPECT_THAT(Push(PushOf(Command(kNone, second, "refs/heads/main"))), HasSubstr("ng refs/heads"));
  EXPECT_EQ(Head(), first);
  EXPECT_EQ(served_.refused.reason(), "RefRefused");
  EXPECT_FALSE(served_.moved);
}

TEST_F(ReceiveTest, TooLarge_IsToldByGitAndLeavesNothing) {
  options_.push_limit = 1000;
  ASSERT_EQ(git().Create("shop"), Status());
  InTree("head -c 100000 /dev/urandom > big; git add big");
  const std::string commit = Commit("one");
  EXPECT_THAT(Push(PushOf(Command(kNone, commit, "refs/heads/main"))),
              HasSubstr("exceeds maximum allowed size"));
  EXPECT_EQ(served_.refused.code(), Code::kExhausted);
  EXPECT_EQ(served_.refused.reason(), "PushTooLarge");
  EXPECT_EQ(Line("find " + options_.folder + "/shop.git/objects -type f"), "");
}

TEST_F(ReceiveTest, FullRepository_TakesNoMore) {
  options_.repository_limit = 10;
  ASSERT_EQ(git().Create("shop"), Status());
  Memory exchange("");
  EXPECT_EQ(Serve(exchange, {GitService::kReceive, true, false, ""}).status().reason(),
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
  EXPECT_EQ(served_.refused.reason(), "ObjectsRefused");
}

TEST_F(ReceiveTest, TooManyRefs_AreRefusedInWordsThatGitShows) {
  options_.ref_limit = 5;
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string commit = Commit("one");
  std::string commands;
  for (int i = 0; i < 6; ++i)
    commands += Command(kNone, commit, "refs/heads/b" + std::to_string(i), i == 0);
  EXPECT_THAT(Push(PushOf(commands)), HasSubstr("at most 5 refs"));
  EXPECT_EQ(served_.refused.reason(), "TooManyRefs");
}

TEST_F(ReceiveTest, RefsOfOtherKinds_AreRefused) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string commit = Commit("one");
  EXPECT_THAT(Push(PushOf(Command(kNone, commit, "refs/notes/x"))), HasSubstr("hidden ref"));
  EXPECT_EQ(served_.refused.reason(), "RefRefused");
}

TEST_F(ReceiveTest, BrokenPack_IsRefused) {
  ASSERT_EQ(git().Create("shop"), Status());
  std::string body = PushOf(Command(kNone, Commit("one"), "refs/heads/main"));
  body.back() = static_cast<char>(body.back() ^ 1);
  Push(body);
  EXPECT_EQ(served_.refused.reason(), "PackRefused");
  EXPECT_EQ(Refs(), "");
}

TEST_F(ReceiveTest, OneRefOfTwoThatIsRefused_IsToldThoughTheOtherMoved) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string commit = Commit("one");
  Push(PushOf(Command(kNone, commit, "refs/heads/main") +
              Command(kNone, commit, "refs/notes/x", false)));
  EXPECT_EQ(served_.refused.reason(), "RefRefused");
  EXPECT_TRUE(served_.moved);
  EXPECT_EQ(Head(), commit);
}

TEST_F(ReceiveTest, WhoMayNoLongerOnceAllIsThere_MovesNothing) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string body = PushOf(Command(kNone, Commit("one"), "refs/heads/main"));
  const Status revoked(Code::kUnauthenticated, "TokenRevoked", "the token was revoked");
  int asked = 0;
  const std::string answer = Push(body, [&] { return ++asked, revoked; });
  EXPECT_EQ(asked, 1);
  EXPECT_THAT(answer, HasSubstr("the token was revoked"));
  EXPECT_THAT(answer, HasSubstr("ng refs/heads/main pre-receive hook declined"));
  EXPECT_EQ(served_.refused, revoked);
  EXPECT_FALSE(served_.moved);
  EXPECT_EQ(Refs(), "");
  EXPECT_EQ(Line("find " + options_.folder + "/shop.git/objects -type f"), "");
  Push(body, [&] { return ++asked, Status(); });
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(served_.refused, Status());
}

TEST_F(ReceiveTest, WhoMayNoLongerWhileABodyIsUnderWay_IsToldThenAndMovesNothing) {
  options_.ask_every = 50ms;
  ASSERT_EQ(git().Create("shop"), Status());
  std::string body = PushOf(Command(kNone, Commit("one"), "refs/heads/main"));
  body.resize(body.size() - 10);
  Memory exchange(body);
  exchange.stalls = true;
  int asked = 0;
  const auto may = [&]() -> Status {
    if (++asked == 1) return Unavailable("the database is away");
    exchange.End();
    return {Code::kNotFound, "NotFound", "there is no such repository"};
  };
  const auto served = Serve(exchange, {GitService::kReceive, false, false, "", may});
  ASSERT_EQ(served.status(), Status());
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(served->refused.reason(), "NotFound");
  EXPECT_THAT(exchange.answer, HasSubstr("there is no such repository"));
  EXPECT_EQ(Refs(), "");
}

TEST_F(ReceiveTest, HookThatWasTamperedWith_IsRepaired) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string body = PushOf(Command(kNone, Commit("one"), "refs/heads/main"));
  const std::string hook = options_.folder + "/.hooks/pre-receive";
  fs::create_directories(fs::path(hook).parent_path());
  std::ofstream(hook) << "#!/bin/sh\nexit 0\n";
  Push(body, [] { return Status(Code::kDenied, "NotAllowed", "not any more"); });
  EXPECT_EQ(served_.refused.reason(), "NotAllowed");
  EXPECT_EQ(Refs(), "");
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
  EXPECT_EQ(Serve(exchange, {GitService::kReceive, false, false, ""}, 500ms).status().code(),
            Code::kDeadline);
  EXPECT_EQ(Refs(), "");
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

}  // namespace
}  // namespace ns::git
