// The program against a real HTTP server: what it asks, what it prints, how it ends.
#include "program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "context.h"
#include "testing/api_server.h"

namespace ns::cli {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    auto& app = *apps_.add_applications();
    app.set_id("0123456789abcdef012345");
    app.set_name("shop");
    app.set_ref_name("main");
    app.set_running(true);
    app.set_repository_id("r1");
    server_.On("GetApplications", apps_);
    auto& repo = *repos_.add_repositories();
    repo.set_id("r1");
    repo.set_name("shop");
    repo.set_url("http://git.test/shop.git");
    server_.On("GetRepositories", repos_);
    status_.set_application_id(apps_.applications(0).id());
    status_.set_name("shop");
    status_.set_summary("commit 37cacd29 is live");
    status_.set_state(platform::ApplicationStatus::LIVE);
    status_.set_settled(true);
    status_.set_ok(true);
    status_.set_wanted_commit(kCommit);
    status_.add_urls("http://shop.test/");
    server_.On("GetApplicationStatus", status_);
  }

  int Run(std::vector<std::string> words) {
    words.insert(words.begin(), {"ns", "--server", server_.unix_address()});
    return RunPlain(words);
  }
  int RunPlain(const std::vector<std::string>& words) {
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int exit = RunProgram(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return exit;
  }

  static constexpr const char* kCommit = "37cacd292c1f80a5942b97a99389af354f16799b";
  ApiServer server_;
  api::GetApplicationsResponse apps_;
  api::GetRepositoriesResponse repos_;
  platform::ApplicationStatus status_;
  std::string out_, err_;
};

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

TEST_F(ProgramTest, Rollback_SaysWhatItDidAndHowToUndoIt) {
  platform::RollbackResponse done;
  done.mutable_release()->set_id("11");
  done.mutable_release()->set_commit(kCommit);
  done.mutable_before()->set_id("22");
  platform::RollbackRequest asked;
  server_.On("Rollback", [&](const std::string& body) {
    asked.ParseFromString(body);
    return Ok(done);
  });
  EXPECT_EQ(Run({"rollback", "shop"}), 0) << err_;
  EXPECT_EQ(asked.release_id(), "");
  EXPECT_THAT(out_, HasSubstr("shop goes back to release 11 (commit 37cacd29"));
  EXPECT_THAT(out_, HasSubstr("`ns unpin shop` lets it follow main again"));
  EXPECT_THAT(out_, HasSubstr("`ns rollback shop 22`"));
  EXPECT_EQ(Run({"rollback", "shop", "11", "--wait"}), 0) << err_;
  EXPECT_EQ(asked.release_id(), "11");
  EXPECT_THAT(out_, HasSubstr("shop runs release 11"));
  EXPECT_EQ(Run({"rollback", "shop", "--json"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"before\": "));
  server_.On("Rollback", [](const std::string&) {
    return Refusal(400, "failed_precondition", "release_id: there is no release before it");
  });
  EXPECT_EQ(Run({"rollback", "shop"}), 1);
  EXPECT_THAT(err_, HasSubstr("there is no release before it"));
}

TEST_F(ProgramTest, Unpin_SaysWhetherItWasPinned) {
  platform::UnpinResponse done;
  server_.On("Unpin", done);
  EXPECT_EQ(Run({"unpin", "shop"}), 0);
  EXPECT_EQ(out_, "shop was not pinned; it follows main.\n");
  done.set_was_pinned(true);
  server_.On("Unpin", done);
  EXPECT_EQ(Run({"unpin", "shop", "--wait"}), 0);
  EXPECT_EQ(out_, "shop follows main again.\n");
}

TEST_F(ProgramTest, Releases_AreATableWithWhatEachIs) {
  platform::ListReleasesResponse all;
  auto& one = *all.add_releases();
  one.set_id("11");
  one.set_current(true);
  one.set_pinned(true);
  one.set_command("serve --port 80");
  all.add_releases()->set_image_gone(true);
  server_.On("ListReleases", all);
  EXPECT_EQ(Run({"app", "releases", "shop"}), 0);
  EXPECT_THAT(out_, HasSubstr("current pinned"));
  EXPECT_THAT(out_, HasSubstr("gone"));
  EXPECT_THAT(out_, HasSubstr("serve --port 80"));
}

TEST_F(ProgramTest, Why_IsTheChainWithItsCause) {
  platform::Explanation why;
  auto& first = *why.add_links();
  first.set_name("desired");
  first.set_wanted("running");
  first.set_is("running");
  first.set_ok(true);
  server_.On("ExplainApplication", why);
  EXPECT_EQ(Run({"status", "--why", "shop"}), 0);
  EXPECT_THAT(out_, HasSubstr("ok  desired  running  running"));
  EXPECT_THAT(out_, HasSubstr("shop is as its owner wants it."));
  auto& cause = *why.add_links();
  cause.set_name("build");
  cause.set_cause(true);
  cause.set_reason("CommandFailed");
  cause.set_message("make: no\033 rule");
  server_.On("ExplainApplication", why);
  EXPECT_EQ(Run({"status", "shop", "--why"}), 0);
  EXPECT_THAT(out_, HasSubstr("->  build"));
  EXPECT_THAT(out_, HasSubstr("The cause is at build: make: no  rule (CommandFailed)"));
  EXPECT_EQ(Run({"status", "shop", "--why", "--json"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"cause\": true"));
  EXPECT_EQ(Run({"status", "shop", "--why", "--wait"}), 2);
}

TEST_F(ProgramTest, Events_AreLinesOfOneOrOfAll) {
  platform::ListEventsResponse page;
  auto& event = *page.add_events();
  event.mutable_at()->set_seconds(1);
  event.set_actor("alice");
  event.set_kind("app.pinned");
  event.set_subject_id("a1");
  event.set_data("{\"release\":\"11\"}");
  platform::ListEventsRequest asked;
  for (const char* method : {"ListEvents", "ListApplicationEvents"}) {
    server_.On(method, [&](const std::string& body) {
      asked.ParseFromString(body);
      return Ok(page);
    });
  }
  EXPECT_EQ(Run({"events", "-n", "7"}), 0);
  EXPECT_EQ(out_,
            "1970-01-01T00:00:01Z  alice         app.pinned          a1  {\"release\":\"11\"}\n");
  EXPECT_TRUE(asked.newest());
  EXPECT_EQ(asked.limit(), 7);
  EXPECT_EQ(Run({"events", "shop", "--json"}), 0);
  EXPECT_EQ(asked.application_id(), "0123456789abcdef012345");
  EXPECT_THAT(out_, HasSubstr("\"kind\":\"app.pinned\""));
}

TEST_F(ProgramTest, Events_FollowedGoOnFromTheirEnd) {
  platform::ListEventsResponse page;
  page.set_next("5.7");
  std::vector<platform::ListEventsRequest> asked;
  server_.On("ListEvents", [&](const std::string& body) {
    asked.emplace_back().ParseFromString(body);
    return asked.size() < 2 ? Ok(page) : Refusal(503, "unavailable", "enough");
  });
  EXPECT_NE(Run({"events", "-f"}), 0);
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_FALSE(asked[1].newest());
  EXPECT_EQ(asked[1].after(), "5.7");
}

TEST_F(ProgramTest, Pinned_IsShownAndHoldsBackADeploy) {
  status_.mutable_pin()->set_release_id("11");
  status_.mutable_pin()->set_holds_back(true);
  status_.set_live_commit(std::string(40, 'b'));
  server_.On("GetApplicationStatus", status_);
  EXPECT_EQ(Run({"status", "shop"}), 0);
  EXPECT_THAT(out_,
              HasSubstr("to release 11; what was pushed or set since waits for `ns unpin shop`"));
  server_.On("SetEnv", google::protobuf::Empty());
  EXPECT_EQ(Run({"env", "set", "shop", "KEY=v", "--wait"}), 0);
  EXPECT_THAT(out_, HasSubstr("counts from `ns unpin shop` on"));
  platform::Suggestion suggestion;
  suggestion.set_ref_name("main");
  suggestion.set_commit(kCommit);
  server_.On("SuggestApplication", suggestion);
  server_.On("RefreshRepository", google::protobuf::Empty());
  EXPECT_EQ(Run({"deploy", "http://git.test/shop.git", "--ref", "main"}), 1);
  EXPECT_THAT(
      err_,
      HasSubstr("shop is pinned to a release of commit bbbbbbbb, so 37cacd29 does not go live"));
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
}

TEST_F(ProgramTest, DeployOfANewRepository_RegistersBuildsAndPrintsTheUrlLast) {
  api::Repository repo;
  repo.set_id("r2");
  server_.On("CreateRepository", repo);
  platform::Suggestion suggestion;
  suggestion.set_name("new");
  suggestion.set_fqdn("new.test");
  suggestion.set_ref_name("HEAD");
  suggestion.set_commit(kCommit);
  auto& method = *suggestion.add_methods();
  method.set_name("runtime_dockerfile");
  method.mutable_config()->mutable_runtime_dockerfile()->set_dockerfile_name("Dockerfile");
  method.set_http_port(3000);
  method.set_reason("There is a Dockerfile.");
  server_.On("SuggestApplication", suggestion);
  server_.On("GetApplications", api::GetApplicationsResponse());
  api::CreateApplicationRequest asked;
  server_.On("CreateApplication", [&](const std::string& body) {
    asked.ParseFromString(body);
    api::Application made;
    made.set_id("a2");
    made.set_name("new");
    return Ok(made);
  });
  status_.mutable_latest_build()->set_build_id("b1");
  server_.On("GetApplicationStatus", status_);
  platform::ReadBuildLogResponse log;
  log.set_data("step 1\n");
  log.set_next_offset(7);
  log.set_finished(true);
  server_.On("ReadBuildLog", log);
  EXPECT_EQ(Run({"deploy", "http://git.test/new.git"}), 0) << err_;
  EXPECT_EQ(out_, "http://shop.test/\n");
  EXPECT_THAT(err_, HasSubstr("step 1\n"));
  EXPECT_THAT(server_.calls(),
              ElementsAre("GetRepositories", "CreateRepository", "SuggestApplication",
                          "GetApplications", "SuggestApplication", "CreateApplication",
                          "GetApplicationStatus", "ReadBuildLog"));
  EXPECT_THAT(err_, HasSubstr("runtime-dockerfile. There is a Dockerfile."));
  EXPECT_EQ(asked.repository_id(), "r2");
  EXPECT_TRUE(asked.start_on_create());
  EXPECT_EQ(asked.config().runtime_dockerfile().dockerfile_name(), "Dockerfile");
  EXPECT_EQ(asked.websites(0).fqdn(), "new.test");
  EXPECT_EQ(asked.websites(0).http_port(), 3000);
}

TEST_F(ProgramTest, DeployOfWhatIsThere_LooksForNewCommitsOnly) {
  platform::Suggestion suggestion;
  suggestion.set_ref_name("main");
  suggestion.set_commit(kCommit);
  server_.On("SuggestApplication", suggestion);
  server_.On("RefreshRepository",
             [](const std::string&) { return Refusal(429, "resource_exhausted", "a moment ago"); });
  EXPECT_EQ(Run({"deploy", "http://git.test/shop.git", "--ref", "main"}), 0) << err_;
  EXPECT_THAT(server_.calls(),
              ElementsAre("GetRepositories", "SuggestApplication", "GetApplications",
                          "GetApplicationStatus", "RefreshRepository", "GetApplicationStatus"));
}

platform::Suggestion SomeFits() {
  platform::Suggestion suggestion;
  suggestion.set_name("new");
  suggestion.set_fqdn("new.test");
  suggestion.set_ref_name("other");
  auto& site = *suggestion.add_methods();
  site.set_name("static_cmd");
  site.set_fit(75);
  site.set_settings(R"({"build_cmd":"make"})");
  site.set_reason("There is an index.html.");
  site.mutable_config()->mutable_static_cmd()->mutable_static_config()->set_artifact_path(".");
  auto& none = *suggestion.add_misfits();
  none.set_name("runtime_dockerfile");
  none.set_reason("There is no Dockerfile.");
  auto& broken = *suggestion.add_failures();
  broken.set_name("other");
  broken.set_reason("Defect");
  broken.set_message("it broke");
  return suggestion;
}

TEST_F(ProgramTest, DeployOfASite_TakesTheBestFitWhateverItIs) {
  server_.On("SuggestApplication", SomeFits());
  api::CreateApplicationRequest asked;
  server_.On("CreateApplication", [&](const std::string& body) {
    asked.ParseFromString(body);
    return Refusal(400, "invalid_argument", "enough");
  });
  EXPECT_EQ(Run({"deploy", "http://git.test/shop.git", "--ref", "other"}), 2);
  EXPECT_EQ(asked.config().static_cmd().static_config().artifact_path(), ".");
  EXPECT_EQ(asked.websites(0).http_port(), 80);
}

TEST_F(ProgramTest, DeployWithDetect_ShowsWhatFitsAndWhyAndDeploysNothing) {
  server_.On("SuggestApplication", SomeFits());
  EXPECT_EQ(Run({"deploy", "http://git.test/shop.git", "--detect"}), 0) << err_;
  EXPECT_EQ(
      out_,
      "FIT  METHOD              SETTINGS              WHY\n"
      "75   static-cmd          {\"build_cmd\":\"make\"}  There is an index.html.\n"
      "no   runtime-dockerfile  -                     There is no Dockerfile.\n"
      "?    other               -                     could not be asked: Defect: it broke\n");
  EXPECT_THAT(server_.calls(), ElementsAre("GetRepositories", "SuggestApplication"));
  EXPECT_EQ(Run({"deploy", "http://git.test/shop.git", "--detect", "--json"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"reason\": \"There is no Dockerfile.\""));
}

TEST_F(ProgramTest, DeployOfWhatNobodyKnows_SaysWhatWasLookedForAndWhatToDo) {
  platform::Suggestion suggestion = SomeFits();
  suggestion.clear_methods();
  server_.On("SuggestApplication", suggestion);
  EXPECT_EQ(Run({"deploy", "http://git.test/shop.git"}), 1);
  EXPECT_THAT(err_, HasSubstr("  runtime-dockerfile: There is no Dockerfile.\n"));
  EXPECT_THAT(err_, HasSubstr("  other could not be asked: it broke\n"));
  EXPECT_THAT(err_, HasSubstr("ns app create"));
}

TEST_F(ProgramTest, Env_IsSetWithScopeAndSecret) {
  platform::SetEnvRequest asked;
  server_.On("SetEnv", [&](const std::string& body) {
    asked.ParseFromString(body);
    return Ok(google::protobuf::Empty());
  });
  EXPECT_EQ(Run({"env", "set", "shop", "KEY=a=b", "--scope", "build", "--secret"}), 0);
  EXPECT_EQ(asked.key(), "KEY");
  EXPECT_EQ(asked.value(), "a=b");
  EXPECT_EQ(asked.scope(), platform::ENV_SCOPE_BUILD);
  EXPECT_TRUE(asked.secret());
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
