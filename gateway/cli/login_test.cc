// Logins, tokens, keys and admins against a real HTTP server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "context.h"
#include "logins.h"
#include "neoshowcase/platform/v1/admin.pb.h"
#include "neoshowcase/platform/v1/token.pb.h"
#include "program.h"
#include "testing/api_server.h"

namespace ns::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kToken[] = "nst_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr char kTokenId[] = "0123456789abcdef012345";

class LoginTest : public testing::Test {
 protected:
  LoginTest() : folder_(testing::TempDir() + "ns-login-" + std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    ::setenv("XDG_CONFIG_HOME", folder_.c_str(), 1);
    ::unsetenv("NS_SERVER");
    ::unsetenv("NS_TOKEN");
    ::unsetenv("NS_PLAIN_HTTP");
    api::User me;
    me.set_name("alice");
    server_.On("GetMe", me);
    auto& token = *current_.mutable_token();
    token.set_id(kTokenId);
    token.set_name("laptop");
    token.set_scope(platform::TOKEN_SCOPE_DEPLOY);
    token.mutable_expires_at()->set_seconds(1'800'000'000);
    server_.On("GetCurrentToken", current_);
    server_.On("RevokeToken", google::protobuf::Empty());
  }
  ~LoginTest() override {
    std::filesystem::remove_all(folder_);
    for (const char* name : {"XDG_CONFIG_HOME", "NS_TOKEN", "NS_PLAIN_HTTP"}) ::unsetenv(name);
  }

  int Run(std::vector<std::string> words) {
    words.insert(words.begin(), "ns");
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int exit = RunProgram(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return exit;
  }
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  int LogIn(const std::string& text = std::string(kToken) + "\n") {
    return Run({"login", server_.tcp_address(), "--token-file", Write("token", text)});
  }
  std::string Stored() const {
    std::ostringstream text;
    text << std::ifstream(path()).rdbuf();
    return text.str();
  }
  std::string path() const { return folder_ + "/neoshowcase/logins.json"; }
  std::string Shown() const {
    const auto headers = server_.headers();
    const auto found = headers.find("authorization");
    return found == headers.end() ? "" : found->second;
  }

  const std::string folder_;
  ApiServer server_;
  platform::GetCurrentTokenResponse current_;
  std::string out_, err_;
};

TEST_F(LoginTest, Login_TriesTheTokenAndStoresItForItselfAlone) {
  EXPECT_EQ(LogIn(), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("as alice by the token \"laptop\", scope deploy"));
  EXPECT_THAT(out_ + err_, Not(HasSubstr(kToken)));
  EXPECT_EQ(Shown(), std::string("Bearer ") + kToken);
  struct stat info {};
  ASSERT_EQ(::stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat((folder_ + "/neoshowcase").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(LoginTest, Login_IsTheUsualServerFromThenOn) {
  ASSERT_EQ(LogIn(), 0) << err_;
  EXPECT_EQ(Run({"whoami"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr(server_.tcp_address()));
  EXPECT_EQ(Shown(), std::string("Bearer ") + kToken);
  EXPECT_EQ(Run({"--server", server_.unix_address(), "whoami"}), 0);
  EXPECT_EQ(Shown(), "") << "that server has no login";
  ::setenv("NS_TOKEN", "nst_of_the_environment", 1);
  EXPECT_EQ(Run({"whoami"}), 0);
  EXPECT_EQ(Shown(), "Bearer nst_of_the_environment");
  ::setenv("NS_SERVER", server_.unix_address().c_str(), 1);
  EXPECT_EQ(Run({"whoami", "--json"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"name\":\"alice\""));
}

TEST_F(LoginTest, TokenThatTheServerRefuses_IsNotStored) {
  server_.On("GetMe", Refusal(401, "unauthenticated", "there is no such token"));
  EXPECT_EQ(LogIn(), 4);
  EXPECT_THAT(err_, HasSubstr("there is no such token"));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(LoginTest, TokenThatTheServerDoesNotSee_IsNotStored) {
  server_.On("GetCurrentToken", platform::GetCurrentTokenResponse());
  EXPECT_EQ(LogIn(), 4);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(LoginTest, WhatIsNoToken_IsNotSent) {
  for (const char* text : {"", "\n", "hunter2\n", "nst_a b\n", "Bearer nst_a\n"}) {
    EXPECT_EQ(LogIn(text), 2) << text;
    EXPECT_TRUE(server_.calls().empty());
  }
  EXPECT_EQ(Run({"login", "http://ns.example.com", "--token-file", Write("t", kToken)}), 2);
  EXPECT_THAT(err_, HasSubstr("--plain-http"));
  EXPECT_EQ(Run({"login", "ns.example.com", "--token-file", Write("t", kToken)}), 2);
}

TEST_F(LoginTest, TokenOfTheEnvironment_GoesToNoOtherMachineInTheClear) {
  ::setenv("NS_TOKEN", kToken, 1);
  EXPECT_EQ(Run({"--server", server_.tcp_address(), "whoami"}), 0) << err_;
  // The port of the test under a name that is not this machine's own.
  const std::string other = "http://127.0.0.2" + server_.tcp_address().substr(16);
  const size_t before = server_.calls().size();
  EXPECT_EQ(Run({"--server", other, "whoami"}), 2);
  EXPECT_THAT(err_, HasSubstr(other + " is not encrypted"));
  EXPECT_THAT(err_, HasSubstr("NS_PLAIN_HTTP=1"));
  EXPECT_THAT(err_, Not(HasSubstr(kToken)));
  ::setenv("NS_PLAIN_HTTP", "0", 1);
  EXPECT_EQ(Run({"--server", other, "whoami"}), 2);
  EXPECT_EQ(server_.calls().size(), before) << "it is not sent";
  ::setenv("NS_PLAIN_HTTP", "1", 1);
  EXPECT_NE(Run({"--server", other, "whoami"}), 2) << err_;
}

TEST_F(LoginTest, LoopbackIsNotInTheClear) {
  for (const char* own : {"http://localhost", "http://localhost:80", "http://127.0.0.1/",
                          "http://[::1]", "http://[::1]:8080", "https://ns.test", "unix:/run/x"})
    EXPECT_FALSE(GoesInTheClear(own)) << own;
  for (const char* other : {"http://ns.test", "http://[::1", "http://[::1].ns.test",
                            "http://[::2]:80", "http://localhost:x@ns.test", "http://127.0.0.2"})
    EXPECT_TRUE(GoesInTheClear(other)) << other;
}

TEST_F(LoginTest, FileThatOthersMayRead_IsRefused) {
  ASSERT_EQ(LogIn(), 0);
  ASSERT_EQ(::chmod(path().c_str(), 0640), 0);
  EXPECT_EQ(Run({"--server", server_.tcp_address(), "whoami"}), 1);
  EXPECT_THAT(err_, HasSubstr("chmod 600"));
  ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
  std::ofstream(path()) << "{\"servers\":[]}";
  EXPECT_EQ(Run({"--server", server_.tcp_address(), "whoami"}), 1);
  EXPECT_THAT(err_, HasSubstr("no file of logins"));
  EXPECT_EQ(Run({"--help"}), 0) << "help needs no logins";
}

TEST_F(LoginTest, Logout_ForgetsAndRevokesWhereAsked) {
  ASSERT_EQ(LogIn(), 0);
  EXPECT_EQ(Run({"logout", "http://127.0.0.1:1"}), 3);
  EXPECT_EQ(Run({"logout"}), 0) << err_;
  EXPECT_THAT(Stored(), Not(HasSubstr(kToken)));
  EXPECT_THAT(server_.calls(), Not(testing::Contains("RevokeToken")));
  ASSERT_EQ(LogIn(), 0);
  EXPECT_EQ(Run({"logout", "--all", "--revoke"}), 0) << err_;
  EXPECT_THAT(server_.calls(), testing::Contains("RevokeToken"));
  EXPECT_THAT(Stored(), Not(HasSubstr(kToken)));
}

TEST_F(LoginTest, ServerKey_IsOneFormForOneServer) {
  EXPECT_EQ(ServerKey("HTTPS://NS.Example.com//"), "https://ns.example.com");
  EXPECT_EQ(ServerKey("unix:/Run/API.sock"), "unix:/Run/API.sock");
}

TEST_F(LoginTest, TokenCreate_PrintsTheTextAlone) {
  platform::CreateTokenRequest asked;
  server_.On("CreateToken", [&](const std::string& bytes) {
    asked.ParseFromString(bytes);
    platform::CreateTokenResponse made;
    made.set_text(kToken);
    return Ok(made);
  });
  ::setenv("NS_SERVER", server_.unix_address().c_str(), 1);
  EXPECT_EQ(Run({"token", "create", "ci", "--scope", "deploy", "--days", "30"}), 0) << err_;
  EXPECT_EQ(out_, std::string(kToken) + "\n");
  EXPECT_EQ(asked.name(), "ci");
  EXPECT_EQ(asked.scope(), platform::TOKEN_SCOPE_DEPLOY);
  EXPECT_EQ(asked.days(), 30);
  api::GetApplicationsResponse apps;
  apps.add_applications()->set_id("a1"), apps.mutable_applications(0)->set_name("shop");
  server_.On("GetApplications", apps);
  EXPECT_EQ(Run({"token", "create", "--app", "shop", "narrow", "--scope", "read"}), 0) << err_;
  EXPECT_EQ(asked.name(), "narrow");
  EXPECT_THAT(asked.application_ids(), testing::ElementsAre("a1"));
  EXPECT_EQ(Run({"token", "create", "ci"}), 2);
  EXPECT_EQ(Run({"token", "create", "ci", "--scope", "root"}), 2);
}

TEST_F(LoginTest, TokenRevoke_TakesANameThatOneHas) {
  platform::ListTokensResponse all;
  for (const char* name : {"ci", "old", "old"}) {
    auto& token = *all.add_tokens();
    token.set_name(name);
    token.set_id("00000000000000000000" + std::to_string(10 + all.tokens_size()));
  }
  server_.On("ListTokens", all);
  server_.On("GetApplications", api::GetApplicationsResponse());
  ::setenv("NS_SERVER", server_.unix_address().c_str(), 1);
  EXPECT_EQ(Run({"token", "list"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("ci "));
  EXPECT_EQ(Run({"token", "revoke", "ci"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr(all.tokens(0).id()));
  EXPECT_EQ(Run({"token", "revoke", "old"}), 2);
  EXPECT_EQ(Run({"token", "revoke", "none"}), 3);

  platform::ListUserTokensRequest of;
  server_.On("ListUserTokens", [&](const std::string& bytes) {
    of.ParseFromString(bytes);
    platform::ListTokensResponse theirs;
    theirs.add_tokens()->set_name("robots");
    theirs.mutable_tokens(0)->set_id("9");
    return Ok(theirs);
  });
  EXPECT_EQ(Run({"token", "list", "--user", "bob"}), 0) << err_;
  EXPECT_EQ(of.user(), "bob");
  EXPECT_THAT(out_, HasSubstr("robots"));
  EXPECT_EQ(Run({"token", "revoke", "robots", "--user", "bob"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("Revoked 9."));
  EXPECT_EQ(Run({"token", "revoke", "ci", "--user", "bob"}), 3);
  EXPECT_THAT(err_, HasSubstr("`ns token list --user bob` shows them"));
}

TEST_F(LoginTest, KeyAdd_SendsOneLineNamedByItsComment) {
  api::CreateUserKeyRequest asked;
  server_.On("CreateUserKey", [&](const std::string& bytes) {
    asked.ParseFromString(bytes);
    api::UserKey made;
    made.set_id(kTokenId);
    return Ok(made);
  });
  ::setenv("NS_SERVER", server_.unix_address().c_str(), 1);
  EXPECT_EQ(Run({"key", "add", Write("a.pub", "ssh-ed25519 AAAA alice@laptop\n")}), 0) << err_;
  EXPECT_EQ(asked.public_key(), "ssh-ed25519 AAAA alice@laptop");
  EXPECT_EQ(asked.name(), "alice@laptop");
  EXPECT_EQ(Run({"key", "add", Write("b.pub", "ssh-ed25519 AAAA\n")}), 2);
  EXPECT_EQ(Run({"key", "add", Write("b.pub", "ssh-ed25519 AAAA\n"), "--name", "x"}), 0);
  EXPECT_EQ(asked.name(), "x");
  EXPECT_EQ(Run({"key", "add", folder_ + "/none"}), 2);
  const size_t before = server_.calls().size();
  EXPECT_EQ(Run({"key", "add", Write("id", "-----BEGIN OPENSSH PRIVATE KEY-----\n")}), 2);
  EXPECT_EQ(server_.calls().size(), before) << "it is not sent";
}

TEST_F(LoginTest, AdminAdd_SaysWhetherAnythingChanged) {
  platform::AddAdminResponse added;
  server_.On("AddAdmin", added);
  ::setenv("NS_SERVER", server_.unix_address().c_str(), 1);
  EXPECT_EQ(Run({"admin", "add", "alice"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("before"));
  added.set_changed(true);
  server_.On("AddAdmin", added);
  EXPECT_EQ(Run({"admin", "add", "alice"}), 0);
  EXPECT_THAT(out_, HasSubstr("is an admin now"));
  server_.On("RemoveAdmin", Refusal(400, "failed_precondition", "by the configuration"));
  EXPECT_NE(Run({"admin", "remove", "alice"}), 0);
  EXPECT_THAT(err_, HasSubstr("by the configuration"));
}

}  // namespace
}  // namespace ns::cli
