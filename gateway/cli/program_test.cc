// The program against a real HTTP server: what it asks, what it prints, how it ends.
#include <gmock/gmock.h>

#include "testing/status_run.h"

namespace ns::cli {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

class ProgramTest : public StatusRun {};

TEST_F(ProgramTest, List_IsATableOrJson) {
  EXPECT_EQ(Run({"app", "list"}), 0);
  EXPECT_THAT(out_, testing::StartsWith("ID "));
  EXPECT_THAT(out_, HasSubstr("0123456789abcdef012345  shop"));
  EXPECT_EQ(Run({"--json", "app", "list"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"name\": \"shop\""));
  EXPECT_EQ(Run({"app", "list", "--json"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"name\": \"shop\""));
}

TEST_F(ProgramTest, Tcp_WorksLikeTheSocket) {
  EXPECT_EQ(RunPlain({"ns", "app", "list", "--server", server_.tcp_address()}), 0);
  EXPECT_THAT(out_, HasSubstr("shop"));
  EXPECT_EQ(server_.headers().at("content-type"), "application/proto");
  EXPECT_EQ(server_.headers().at("connect-protocol-version"), "1");
  EXPECT_EQ(server_.headers().at("connect-timeout-ms"), "60000");
}

TEST_F(ProgramTest, WrongUse_IsTwo) {
  EXPECT_EQ(Run({}), 2);
  EXPECT_EQ(Run({"nonsense"}), 2);
  EXPECT_THAT(err_, HasSubstr("no command \"nonsense\""));
  EXPECT_EQ(Run({"app", "lisst"}), 2);
  EXPECT_THAT(err_, HasSubstr("no command \"lisst\""));
  EXPECT_EQ(Run({"rollback", "shop", ""}), 2);
  EXPECT_THAT(err_, HasSubstr("RELEASE is empty"));
  EXPECT_EQ(Run({"app", "start"}), 2);
  EXPECT_EQ(Run({"app", "create"}), 2);
  EXPECT_THAT(err_, HasSubstr("This is missing: --repo, --name, --method.\n"));
  EXPECT_EQ(RunPlain({"ns", "--server", "nowhere", "app", "list"}), 2);
  EXPECT_EQ(Run({"--help"}), 0);
}

TEST_F(ProgramTest, UnknownApplication_IsThree) {
  EXPECT_EQ(Run({"status", "nope"}), 3);
  EXPECT_THAT(err_, HasSubstr("There is no application 'nope'; `ns app list` shows them."));
  EXPECT_EQ(out_, "");
}

TEST_F(ProgramTest, NameOfTwo_AsksForTheId) {
  auto& other = *apps_.add_applications();
  other.set_id("f123456789abcdef012345");
  other.set_name("shop");
  server_.On("GetApplications", apps_);
  EXPECT_EQ(Run({"status", "shop"}), 2);
  EXPECT_THAT(err_, HasSubstr("0123456789abcdef012345, f123456789abcdef012345"));
  EXPECT_EQ(Run({"status", "0123456789abcdef012345"}), 0);
}

TEST_F(ProgramTest, Refusal_IsShownWithItsExitCode) {
  server_.On("GetApplications",
             [](const std::string&) { return Refusal(401, "unauthenticated", "Who are you?"); });
  EXPECT_EQ(Run({"app", "list"}), 4);
  EXPECT_THAT(err_, HasSubstr("ns: Who are you?\n"));
}

TEST_F(ProgramTest, NobodyThere_IsFive) {
  EXPECT_EQ(RunPlain({"ns", "--server", "unix:/nonexistent/api.sock", "app", "list"}), 5);
  EXPECT_THAT(
      err_, HasSubstr("Nothing answers on unix:/nonexistent/api.sock: No such file or directory."));
}

TEST_F(ProgramTest, StartWithWait_EndsWithTheOutcome) {
  server_.On("StartApplication", google::protobuf::Empty());
  EXPECT_EQ(Run({"app", "start", "shop", "--wait"}), 0);
  EXPECT_THAT(out_, HasSubstr("shop: commit 37cacd29 is live."));
  status_.set_ok(false);
  status_.set_state(platform::ApplicationStatus::FAILED);
  status_.set_summary("the probe failed");
  server_.On("GetApplicationStatus", status_);
  EXPECT_EQ(Run({"app", "start", "shop", "--wait"}), 1);
  EXPECT_THAT(err_, HasSubstr("shop: the probe failed."));
}

TEST_F(ProgramTest, WaitThatIsTooLong_IsSix) {
  server_.On("StartApplication", google::protobuf::Empty());
  status_.set_settled(false);
  server_.On("GetApplicationStatus", status_);
  EXPECT_EQ(Run({"--timeout", "0", "app", "start", "shop", "--wait"}), 6);
  EXPECT_THAT(err_, HasSubstr("It goes on by itself"));
}

TEST_F(ProgramTest, DeleteWithWait_EndsWhenItIsGone) {
  server_.On("DeleteApplication", google::protobuf::Empty());
  server_.On("GetApplicationStatus", [&, looks = std::make_shared<int>()](const std::string&) {
    return ++*looks < 2 ? Ok(status_) : Refusal(404, "not_found", "gone");
  });
  EXPECT_EQ(Run({"app", "delete", "shop", "--wait", "--yes"}), 0);
  EXPECT_EQ(out_, "shop is gone.\n");
  EXPECT_EQ(Run({"--timeout", "0", "app", "delete", "shop", "--wait", "--yes"}), 0) << "one look";
  server_.On("GetApplicationStatus", status_);
  EXPECT_EQ(Run({"--timeout", "0", "app", "delete", "shop", "--wait", "--yes"}), 6);
}

// What a build said last stands in the summary, and a name in many a message.
TEST_F(ProgramTest, WordsOfOthersDoNotPaintTheTerminal) {
  const std::string paint =
      "\033]0;owned\a\xc2\x9b"
      "2J";
  server_.On("StartApplication", google::protobuf::Empty());
  status_.set_summary("the build failed: " + paint);
  server_.On("GetApplicationStatus", status_);
  EXPECT_EQ(Run({"app", "start", "shop", "--wait"}), 0) << err_;
  const std::string shown = out_;
  status_.set_ok(false);
  server_.On("GetApplicationStatus", status_);
  EXPECT_EQ(Run({"app", "start", "shop", "--wait"}), 1);
  const std::string failed = err_;
  status_.set_settled(false);
  server_.On("GetApplicationStatus", status_);
  EXPECT_EQ(Run({"--timeout", "0", "app", "start", "shop", "--wait"}), 6);
  const std::string late = err_;
  server_.On("StartApplication", Refusal(400, "failed_precondition", "no: \\u001b[2J"));
  EXPECT_EQ(Run({"app", "start", "shop"}), 1);
  for (const std::string& text : {shown, failed, late, err_}) {
    EXPECT_THAT(text, testing::AnyOf(HasSubstr("owned"), HasSubstr("no:  [2J")));
    EXPECT_EQ(text.find_first_of("\033\a"), std::string::npos) << text;
    EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos) << text;
  }
}

TEST_F(ProgramTest, Env_IsSetWithScopeAndSecret) {
  platform::Application own;
  own.set_id("a1"), own.set_etag("7");
  own.mutable_form()->add_env()->set_key("OTHER");
  own.mutable_form()->add_env()->set_key("KEY");
  server_.On("GetApplication", own);
  platform::UpdateApplicationRequest asked;
  server_.On("UpdateApplication", [&](const std::string& body) {
    asked.ParseFromString(body);
    return Ok(platform::UpdateApplicationResponse());
  });
  EXPECT_EQ(Run({"env", "set", "shop", "KEY=a=b", "--scope", "build", "--secret"}), 0) << err_;
  EXPECT_EQ(asked.application_id(), "a1");
  EXPECT_EQ(asked.etag(), "7");
  EXPECT_THAT(asked.update_mask().paths(), testing::ElementsAre("env"));
  ASSERT_EQ(asked.form().env_size(), 2);
  EXPECT_EQ(asked.form().env(0).key(), "KEY");
  EXPECT_EQ(asked.form().env(0).value(), "a=b");
  EXPECT_EQ(asked.form().env(0).scope(), platform::ENV_SCOPE_BUILD);
  EXPECT_TRUE(asked.form().env(0).secret());
  EXPECT_EQ(asked.form().env(1).key(), "OTHER");
  EXPECT_FALSE(asked.form().env(1).has_value()) << "it stays as it is";
  EXPECT_FALSE(asked.form().env(1).has_secret());
}

TEST_F(ProgramTest, EnvSet_IsTriedAgainWhereSomebodyElseChangedSomething) {
  platform::Application own;
  own.set_etag("7");
  server_.On("GetApplication", own);
  server_.On("UpdateApplication", [&, tries = std::make_shared<int>()](const std::string& body) {
    platform::UpdateApplicationRequest asked;
    asked.ParseFromString(body);
    if (asked.etag() == "8") return Ok(platform::UpdateApplicationResponse());
    if (++*tries == 1) own.set_etag("8"), server_.On("GetApplication", own);
    return Refusal(409, "aborted", "etag: has changed");
  });
  EXPECT_EQ(Run({"env", "set", "shop", "KEY=1"}), 0) << err_;
  own.set_etag("9");
  server_.On("GetApplication", own);
  EXPECT_EQ(Run({"env", "set", "shop", "KEY=1"}), 1) << "not for ever";
}

TEST_F(ProgramTest, EnvSet_IsRefusedByTheNameOfTheVariable) {
  server_.On("GetApplication", platform::Application());
  server_.On("UpdateApplication",
             Refusal(400, "invalid_argument", "form.env[1].value: must hold no NUL byte"));
  EXPECT_EQ(Run({"env", "set", "shop", "A=1", "form.env[1]=2", "A=3"}), 2);
  EXPECT_THAT(err_, HasSubstr("ns: form.env[1].value: must hold no NUL byte"));
  EXPECT_EQ(Run({"env", "set", "shop", "A=1", "B=2", "A=3"}), 2);
  EXPECT_THAT(err_, HasSubstr("ns: B.value: must hold no NUL byte"));
}

TEST_F(ProgramTest, EnvList_MarksValuesThatNoKeyOpens) {
  platform::ListEnvResponse all;
  auto& lost = *all.add_variables();
  lost.set_key("LOST");
  lost.set_scope(platform::ENV_SCOPE_RUN);
  lost.set_secret(true);
  lost.set_seal_broken(true);
  auto& plain = *all.add_variables();
  plain.set_key("PLAIN");
  plain.set_scope(platform::ENV_SCOPE_BOTH);
  plain.set_value("v");
  server_.On("ListEnv", all);
  EXPECT_EQ(Run({"env", "list", "shop"}), 0);
  EXPECT_THAT(out_, ContainsRegex("LOST +run +\\(no key opens it: set it again"));
  EXPECT_THAT(out_, ContainsRegex("PLAIN +both +v"));
  EXPECT_EQ(Run({"--json", "env", "list", "shop"}), 0);
  EXPECT_THAT(out_, ContainsRegex("LOST[^}]*\"sealBroken\": ?true"));
  EXPECT_THAT(out_, ContainsRegex("PLAIN[^}]*\"sealBroken\": ?false"));
}

TEST_F(ProgramTest, Plugins_ThatAreRefusedMakeItFail) {
  platform::ListPluginsResponse plugins;
  auto& plugin = *plugins.add_hosts()->add_plugins();
  plugin.set_instance("docker");
  plugin.set_reason("WrongMajor");
  plugin.set_message("build it again");
  server_.On("ListPlugins", plugins);
  EXPECT_EQ(Run({"plugin", "list"}), 1);
  EXPECT_THAT(out_, HasSubstr("WrongMajor: build it again"));
}

TEST_F(ProgramTest, Doctor_TellsTheServersChecks) {
  platform::Health health;
  health.set_ok(true);
  health.add_checks()->set_name("database");
  health.mutable_checks(0)->set_ok(true);
  server_.On("GetHealth", health);
  EXPECT_EQ(Run({"doctor"}), 0);
  EXPECT_THAT(out_, HasSubstr("All is well."));
  health.set_ok(false);
  health.mutable_checks(0)->set_ok(false);
  health.mutable_checks(0)->set_remedy("start it");
  server_.On("GetHealth", health);
  EXPECT_EQ(Run({"doctor"}), 1);
  EXPECT_THAT(out_, HasSubstr("FAIL  database"));
  EXPECT_THAT(out_, HasSubstr("fix: start it"));
}

TEST_F(ProgramTest, DoctorWhenNothingAnswers_FailsAndSaysSo) {
  EXPECT_EQ(RunPlain({"ns", "--server", "unix:/nonexistent/api.sock", "doctor", "--json",
                      "--config", "/nonexistent/config.yaml"}),
            1);
  EXPECT_THAT(
      out_ + err_,
      HasSubstr("Nothing answers on unix:/nonexistent/api.sock: No such file or directory.\""));
}

}  // namespace
}  // namespace ns::cli
