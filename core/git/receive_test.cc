// Pushes and fetches against the real git, without HTTP around them.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <fstream>

#include "base/log.h"
#include "git/receive_fixture_for_test.h"
#include "git/received_folder.h"

namespace ns::git::testing {
namespace {

using ::testing::HasSubstr;

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

TEST_F(ReceiveTest, ClientThatGoesWhileRefsMove_HasPushedAndLeavesNoLock) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string first = Commit("one");
  std::stop_source gone;
  Memory exchange(PushOf(Command(kNone, first, "refs/heads/main")));
  const auto may = [&] { return gone.request_stop(), Status(); };
  const auto served = git().Serve({gone.get_token(), SystemClock().Monotonic() + 20s}, "shop",
                                  {GitService::kReceive, false, false, "", may}, exchange);
  ASSERT_EQ(served.status(), Status());
  EXPECT_TRUE(served->moved);
  EXPECT_EQ(Head(), first);
  const std::string second = Commit("two");
  Push(PushOf(Command(first, second, "refs/heads/main")));
  EXPECT_EQ(Head(), second);
}

TEST_F(ReceiveTest, AnswerThatTheClientDoesNotTake_IsOfAPushThatMovedARefAndNotAnother) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string commit = Commit("one");
  Memory exchange(PushOf(Command(kNone, commit, "refs/heads/main") +
                         Command(kNone, commit, "refs/notes/x", false)));
  bool asked = false;
  exchange.on_give = [&] { return asked ? Status(Code::kCancelled, "it is gone") : Status(); };
  const auto may = [&] { return asked = true, Status(); };
  const auto served = Serve(exchange, {GitService::kReceive, false, false, "", may});
  ASSERT_EQ(served.status(), Status());
  EXPECT_TRUE(served->moved);
  EXPECT_EQ(served->refused.reason(), "RefRefused");
  EXPECT_EQ(Head(), commit);
}

TEST_F(ReceiveTest, HeadThatCannotBeWritten_IsNoFailureOfThePush) {
  ASSERT_EQ(git().Create("shop"), Status());
  Memory exchange(PushOf(Command(kNone, Commit("one"), "refs/heads/trunk")));
  const std::string head = options_.folder + "/shop.git/HEAD";
  exchange.on_give = [&] {
    if (exchange.answer.find("unpack ok") != std::string::npos && fs::remove(head))
      fs::create_directory(head);
    return Status();
  };
  const auto served = Serve(exchange, {GitService::kReceive, false, false, ""});
  ASSERT_TRUE(fs::is_directory(head));
  ASSERT_EQ(served.status(), Status());
  EXPECT_TRUE(served->moved);
}

TEST_F(ReceiveTest, LocksThatAreLeft_AreGoneBeforeTheNextPush) {
  ASSERT_EQ(git().Create("shop"), Status());
  const std::string first = Commit("one"), second = Commit("two");
  Push(PushOf(Command(kNone, first, "refs/heads/main")));
  const std::string in = "cd " + options_.folder + "/shop.git && ";
  Shell(in + "touch -d '20 minutes ago' HEAD.lock packed-refs.lock refs/heads/main.lock" +
        " && touch refs/heads/busy.lock");
  Push(PushOf(Command(first, second, "refs/heads/main")));
  EXPECT_EQ(served_.refused, Status());
  EXPECT_EQ(Head(), second);
  EXPECT_EQ(Shell(in + "find . -name '*.lock'"), "./refs/heads/busy.lock\n");
}

TEST_F(ReceiveTest, RefsThatMoveUnasked_AreLoggedAsADefect) {
  ASSERT_EQ(git().Create("shop"), Status());
  Memory exchange(PushOf(Command(kNone, Commit("one"), "refs/heads/main")));
  exchange.on_take = [&] {
    std::ofstream(options_.folder + "/.hooks/pre-receive") << "#!/bin/sh\nexit 0\n";
  };
  std::string logged;
  log::Redirect(log::Level::kError, [&](log::Level, std::string_view line) { logged += line; });
  const auto served =
      Serve(exchange, {GitService::kReceive, false, false, "", [] { return Status(); }});
  log::Redirect(log::Level::kInfo, nullptr);
  ASSERT_EQ(served.status(), Status());
  EXPECT_TRUE(served->moved);
  EXPECT_THAT(logged, HasSubstr("git did not ask"));
}

// In a child with mounts of its own.
int MakeHooksWithoutExecution(const std::string& folder) {
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.c_str(), "tmpfs", MS_NOEXEC, nullptr) != 0)
    return 77;
  const Status refused = ReceivedFolder(folder).Hooks().status();
  return refused.fault() == Fault::kOperator ? 0 : 1;
}

TEST_F(ReceiveTest, FolderWhereNoProgramMayRun_IsRefused) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(MakeHooksWithoutExecution(root_));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no mount namespace here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(ReceiveTest, HeadThatAnotherPushIsWriting_IsWrittenAllTheSame) {
  ASSERT_EQ(git().Create("shop"), Status());
  fs::create_directory(options_.folder + "/shop.git/HEAD.new");
  const std::string commit = Commit("one");
  Push(PushOf(Command(kNone, commit, "refs/heads/trunk")));
  EXPECT_EQ(Head(), commit);
}

TEST_F(ReceiveTest, FetchWhereNoHookCanBe_Works) {
  ASSERT_EQ(git().Create("shop"), Status());
  std::ofstream(options_.folder + "/.hooks") << "no folder";
  Memory exchange("");
  EXPECT_EQ(Serve(exchange, {GitService::kUpload, true, false, ""}).status(), Status());
  EXPECT_FALSE(Serve(exchange, {GitService::kReceive, true, false, ""}).ok());
}

// What git says of a failure ends its answer; what it could not say is none.
TEST_F(ReceiveTest, FetchWhoseGitIsKilled_IsAFailureAndOneThatItRefusesIsNot) {
  ASSERT_EQ(git().Create("shop"), Status());
  options_.program = root_ + "/git";
  const auto fetch = [&](const std::string& end) {
    std::ofstream(options_.program) << "#!/bin/sh\nprintf half\n" << end << "\n";
    fs::permissions(options_.program, fs::perms::owner_all);
    git_.reset();
    Memory exchange("0000");
    const Status status = Serve(exchange, {GitService::kUpload, false, false, ""}).status();
    EXPECT_EQ(exchange.answer, "half");
    return status;
  };
  EXPECT_EQ(fetch("exit 128"), Status());
  const Status killed = fetch("kill -9 $$");
  EXPECT_EQ(killed.code(), Code::kUnavailable);
  EXPECT_THAT(killed.message(), HasSubstr("within its answer"));
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
}  // namespace ns::git::testing
