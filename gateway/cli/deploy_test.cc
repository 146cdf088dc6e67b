// `ns deploy` against a real HTTP server.
#include <gmock/gmock.h>

#include "testing/status_run.h"

namespace ns::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DeployTest : public StatusRun {};

TEST_F(DeployTest, DeployOfANewRepository_RegistersBuildsAndPrintsTheUrlLast) {
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

TEST_F(DeployTest, DeployOfWhatIsThere_LooksForNewCommitsOnly) {
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

TEST_F(DeployTest, DeployOfASite_TakesTheBestFitWhateverItIs) {
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

TEST_F(DeployTest, DeployWithDetect_ShowsWhatFitsAndWhyAndDeploysNothing) {
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

TEST_F(DeployTest, DeployOfWhatNobodyKnows_SaysWhatWasLookedForAndWhatToDo) {
  platform::Suggestion suggestion = SomeFits();
  suggestion.clear_methods();
  server_.On("SuggestApplication", suggestion);
  EXPECT_EQ(Run({"deploy", "http://git.test/shop.git"}), 1);
  EXPECT_THAT(err_, HasSubstr("  runtime-dockerfile: There is no Dockerfile.\n"));
  EXPECT_THAT(err_, HasSubstr("  other could not be asked: it broke\n"));
  EXPECT_THAT(err_, HasSubstr("ns app create"));
}

}  // namespace
}  // namespace ns::cli
