// `ns push` over TCP: which token git shows, and to whom.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "git_command.h"
#include "logins.h"
#include "neoshowcase/platform/v1/push.pb.h"
#include "testing/program_run.h"
#include "testing/terminal_run.h"

namespace ns::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kAsksToPush[] = "refs?service=git-receive-pack";  // the end of what git GETs first
constexpr char kOfLogin[] = "nst_of_the_login";

class PushTest : public ProgramRun {
 protected:
  PushTest()
      : before_(std::filesystem::current_path()),
        folder_(testing::TempDir() + "ns-push-" + std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/shop");
    std::filesystem::current_path(folder_ + "/shop");
    ::setenv("XDG_CONFIG_HOME", folder_.c_str(), 1);
    ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    ::setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    ::setenv("no_proxy", "127.0.0.1", 1);
    ::unsetenv("NS_SERVER");
    ::unsetenv("NS_TOKEN");
    Git({"init", "-q", "-b", "main"});
    Git({"-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "--allow-empty", "-m",
         "first"});
    Offer("");
    Say(403);
  }
  ~PushTest() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
    for (const char* name :
         {"XDG_CONFIG_HOME", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL", "no_proxy", "NS_TOKEN"})
      ::unsetenv(name);
  }

  void Offer(const std::string& address, const std::string& path = "/git/shop.git") {
    platform::PreparePushResponse place;
    place.set_path(path);
    place.set_address(address);
    server_.On("PreparePush", place);
  }
  // What a push is answered; the header that git shows with it is in `shown_`.
  void Say(int status) {
    server_.On(kAsksToPush, [this, status](const std::string&) {
      auto headers = server_.headers();
      if (headers["user-agent"].starts_with("git/")) shown_ = headers["authorization"], ++asked_;
      return Reply{status, "", false};
    });
  }
  static void Store(const std::string& server, const std::string& token) {
    Logins logins = Logins::Load();
    logins.tokens[server] = token;
    logins.Save();
  }
  static std::string GitOfTheSystem() {
    std::istringstream folders(std::getenv("PATH"));
    for (std::string folder; std::getline(folders, folder, ':');) {
      if (std::filesystem::exists(folder + "/git")) return folder + "/git";
    }
    return "git";
  }
  int PushTo(const std::string& server) {
    return RunPlain({"ns", "--server", server, "push", "--yes"});
  }

  const std::filesystem::path before_;
  const std::string folder_;
  std::string shown_ = "nothing";
  std::atomic<int> asked_ = 0;
};

TEST_F(PushTest, TokenOfTheLogin_IsShownByGit) {
  Store(server_.tcp_address(), kOfLogin);
  EXPECT_EQ(PushTo(server_.tcp_address()), 4);
  EXPECT_EQ(shown_, std::string("Bearer ") + kOfLogin);
  ::setenv("NS_TOKEN", "nst_of_the_environment", 1);
  EXPECT_EQ(PushTo(server_.tcp_address()), 4);
  EXPECT_EQ(shown_, "Bearer nst_of_the_environment");
}

TEST_F(PushTest, Refusal_IsToldByWhatItIs) {
  EXPECT_EQ(PushTo(server_.tcp_address()), 4);
  EXPECT_THAT(err_, HasSubstr("You may not push there"));
  Say(401);
  EXPECT_EQ(PushTo(server_.tcp_address()), 4);
  EXPECT_THAT(err_, HasSubstr("`ns login " + server_.tcp_address() + "` stores one"));
  Store(server_.tcp_address(), kOfLogin);
  EXPECT_EQ(PushTo(server_.tcp_address()), 4);
  EXPECT_THAT(err_, HasSubstr("does not take the token"));
  EXPECT_THAT(err_, Not(HasSubstr("--force")));
  EXPECT_THAT(err_, Not(HasSubstr(kOfLogin)));
  Say(500);
  EXPECT_EQ(PushTo(server_.tcp_address()), 1);
  EXPECT_THAT(err_, HasSubstr("--force replaces them"));
}

TEST_F(PushTest, OtherMachine_IsShownTheTokenOfTheOneThatNamesIt) {
  Offer(server_.tcp_address());
  Store("http://localhost:" + server_.tcp_address().substr(17), kOfLogin);
  Store(server_.tcp_address(), "nst_of_another_installation");
  EXPECT_EQ(PushTo("http://localhost:" + server_.tcp_address().substr(17)), 4);
  EXPECT_EQ(shown_, std::string("Bearer ") + kOfLogin);
}

TEST_F(PushTest, PlaceThatIsNoRepositoryOfTheServer_IsShownNoToken) {
  Store(server_.tcp_address(), kOfLogin);
  for (const char* path : {"@elsewhere.example/x", ".elsewhere.example/x", "git/shop.git", ""}) {
    Offer("", path);
    EXPECT_EQ(PushTo(server_.tcp_address()), 1) << path;
    EXPECT_THAT(err_, HasSubstr("below /git/"));
  }
  Offer("unix:/run/other.sock");
  EXPECT_EQ(PushTo(server_.tcp_address()), 1);
  EXPECT_THAT(err_, HasSubstr("socket of this machine"));
  EXPECT_EQ(asked_, 0) << "git is not started";
}

// The question about the application that is to be made, asked behind a push that succeeded.
TEST_F(PushTest, QuestionThatNobodyAnswersIsNoYes) {
  std::ofstream(folder_ + "/git") << "#!/bin/sh\n[ \"$1\" = push ] || exec " << GitOfTheSystem()
                                  << " \"$@\"\n";
  std::filesystem::permissions(folder_ + "/git", std::filesystem::perms::owner_all);
  server_.AnswerOthers();
  platform::Suggestion wanted;
  wanted.set_name("shop");
  auto& method = *wanted.add_methods();
  method.set_name("runtime_dockerfile");
  method.mutable_config()->mutable_runtime_dockerfile();
  server_.On("SuggestApplication", wanted);
  const std::vector<std::pair<std::string, bool>> answers = {
      {"\004", false}, {"n\n", false}, {"maybe\n", false}, {"Yes\n", true}, {"\n", true}};
  int count = 0;
  for (const auto& [answer, made] : answers) {
    count += made ? 1 : 0;
    TerminalRun talk([this] {
      ::setenv("PATH", (folder_ + ":" + std::getenv("PATH")).c_str(), 1);
      const std::string server = server_.unix_address();
      const char* argv[] = {"ns", "--server", server.c_str(), "--timeout", "0", "push"};
      return RunProgram(6, argv);
    });
    ASSERT_TRUE(talk.Await("Go on? [Y/n]")) << talk.printed();
    talk.Type(answer);
    EXPECT_NE(talk.Finish(), 0) << "nothing goes live here";
    EXPECT_EQ(talk.printed().find("Nothing was made.") == std::string::npos, made)
        << talk.printed();
    EXPECT_EQ(std::ranges::count(server_.calls(), "CreateApplication"), count);
  }
}

TEST_F(PushTest, TokenGoesNowhereElseInTheClear) {
  Store(server_.tcp_address(), kOfLogin);
  // The port of the test under names that are not this machine's own.
  const std::string port = server_.tcp_address().substr(16);
  for (const std::string host : {"127.0.0.2", "localhost:x@127.0.0.1"}) {
    Offer("http://" + host + port);
    EXPECT_EQ(PushTo(server_.tcp_address()), 4);
    EXPECT_THAT(err_, HasSubstr("is not encrypted"));
    EXPECT_THAT(err_, HasSubstr("--plain-http"));
    EXPECT_EQ(asked_, 0) << "git is not started";
  }
  Store("http://127.0.0.2" + port, "nst_of_another_login");
  Offer("http://127.0.0.2" + port);
  PushTo(server_.tcp_address());
  EXPECT_THAT(err_, Not(HasSubstr("is not encrypted")));
}

}  // namespace
}  // namespace ns::cli
