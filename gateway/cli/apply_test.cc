// `ns export`, `ns diff` and `ns apply` against a real HTTP server.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "testing/program_run.h"

namespace ns::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ApplyTest : public ProgramRun {
 protected:
  ApplyTest()
      : path_((std::filesystem::temp_directory_path() / ("ns-form-" + std::to_string(::getpid())))
                  .string()) {
    OfferShop();
  }
  ~ApplyTest() override { std::filesystem::remove(path_); }
  void File(const std::string& text) { std::ofstream(path_) << text; }

  const std::string path_;
};

TEST_F(ApplyTest, ExportAppliedChangesNothingAndSaysSo) {
  ASSERT_EQ(Run({"export"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("whole: true\n"));
  EXPECT_THAT(out_, HasSubstr("      method: runtime-dockerfile\n"));
  File(out_);
  EXPECT_EQ(Run({"apply", "-f", path_}), 0) << err_;
  EXPECT_EQ(out_, "All is as " + path_ + " says; nothing was changed.\n");
  EXPECT_EQ(Run({"diff", "-f", path_}), 0);
  EXPECT_EQ(out_, "");
}

TEST_F(ApplyTest, DiffIsUnifiedAndEndsWithOne) {
  File("applications: [{name: shop, ref: next}]\n");
  EXPECT_EQ(Run({"diff", "-f", path_}), 1);
  EXPECT_THAT(out_, HasSubstr("--- application shop (as it is)\n+++ application shop (" + path_));
  EXPECT_THAT(out_, HasSubstr("\n-    ref: main\n+    ref: next\n"));
  EXPECT_EQ(Run({"diff", "-f", path_, "--color", "always"}), 1);
  EXPECT_THAT(out_, HasSubstr("\033[31m-    ref: main\033[0m\n"));
  EXPECT_EQ(Run({"diff", "-f", path_, "--json"}), 1);
  EXPECT_THAT(out_, HasSubstr(R"("parts":["ref"])"));
}

TEST_F(ApplyTest, NobodyToAskIsTwoAndChangesNothing) {
  File("applications: [{name: shop, ref: next}]\n");
  EXPECT_EQ(Run({"apply", "-f", path_}), 2);
  EXPECT_THAT(err_, HasSubstr("~ change application shop: ref"));
  EXPECT_THAT(err_, HasSubstr("--yes does it without asking"));
}

TEST_F(ApplyTest, MistakesAreTwo) {
  File("applications:\n  - {name: shop, reff: x}\n  - {nam: y}\n");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 2);
  EXPECT_THAT(err_, HasSubstr("has 3 mistakes; nothing was changed:\n" + path_ + ":2:18: "));
  EXPECT_EQ(Run({"apply", "-f", path_ + "-not-there"}), 2);
  EXPECT_THAT(err_, HasSubstr("cannot be read: No such file"));
}

TEST_F(ApplyTest, ChangesAreMadeInOrder) {
  platform::ApplicationStatus status;
  server_.On("GetApplicationStatus", status);
  for (const char* method : {"SetEnv", "UpdateApplication", "StopApplication", "StartApplication"})
    server_.On(method, google::protobuf::Empty());
  api::Repository repo;
  repo.set_id("r9");
  server_.On("CreateRepository", repo);
  api::CreateApplicationRequest asked;
  server_.On("CreateApplication", [&](const std::string& body) {
    asked.ParseFromString(body);
    api::Application made;
    made.set_id("a9");
    return Ok(made);
  });
  File(R"(repositories: [{name: new, url: "http://git.test/new.git"}]
applications:
  - {name: shop, ref: next, running: false, env: {A: b}}
  - name: new
    repository: new
    build: {method: runtime-cmd, command: ./serve}
    env: {A: b}
)");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 0) << err_;
  EXPECT_THAT(server_.calls(),
              ElementsAre("GetApplications", "GetRepositories", "GetUsers", "GetMe", "ListEnv",
                          "CreateRepository", "GetApplicationStatus", "StopApplication", "SetEnv",
                          "UpdateApplication", "CreateApplication", "SetEnv", "StartApplication"));
  EXPECT_EQ(asked.repository_id(), "r9");
  EXPECT_FALSE(asked.start_on_create());
  EXPECT_EQ(out_, "It is as " + path_ + " says.\n");
}

TEST_F(ApplyTest, RefusalNamesThePlace) {
  platform::ApplicationStatus status;
  server_.On("GetApplicationStatus", status);
  server_.On("UpdateApplication", [](const std::string&) {
    return Refusal(400, "invalid_argument", "ref_name: must be a branch");
  });
  File("applications:\n  - {name: shop, ref: next}\n");
  EXPECT_EQ(Run({"apply", "-f", path_, "--yes"}), 2);
  EXPECT_THAT(err_, HasSubstr(path_ + ":2:5: applications[0]: ref_name: must be a branch"));
}

}  // namespace
}  // namespace ns::cli
