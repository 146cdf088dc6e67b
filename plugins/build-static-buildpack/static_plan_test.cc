#include "static_plan.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "build/testing/plan_text.h"

namespace ns::build_static_buildpack {
namespace {

namespace fs = std::filesystem;
using build::testing::PlanText;
using build::testing::ReadGolden;
using testing::HasSubstr;

class StaticBuildpackPlan : public testing::Test {
 protected:
  StaticBuildpackPlan() {
    std::string name = (fs::temp_directory_path() / "ns-static-XXXXXX").string();
    source_ = ::mkdtemp(name.data());
    fs::create_directories(source_ / "web");
  }
  ~StaticBuildpackPlan() override { fs::remove_all(source_); }

  sdk::BuildPlan Plan(const std::string& path, const std::string& settings) const {
    sdk::BuildRequest request;
    request.source = source_.string();
    request.artifact_path = path;
    request.settings = settings;
    request.env = {{"TOKEN", "hush", true}, {"MODE", "fast", false}};
    return PlanStatic(build::ParseBuildpackConfig(R"({"builder":"builders/site:1"})"), request);
  }
  std::string Refusal(const std::string& path, const std::string& settings = "{}") const {
    try {
      Plan(path, settings);
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.fault(), sdk::Fault::kSource);
      return error.reason() + ": " + error.message();
    }
    return "";
  }

  fs::path source_;
};

TEST_F(StaticBuildpackPlan, FolderOfTheApplication_AsTheGoldenFile) {
  EXPECT_EQ(PlanText(Plan("dist/site/", R"({"context":"web"})")),
            ReadGolden(NS_GOLDEN "/site.plan"));
}

TEST_F(StaticBuildpackPlan, Dot_IsTheWholeApplication) {
  EXPECT_EQ(Plan(".", "{}").export_path, "/workspace");
}

TEST_F(StaticBuildpackPlan, ArtifactPathAndContext_AreRefusedByFieldRuleAndValue) {
  EXPECT_THAT(Refusal(""), HasSubstr("SettingsInvalid: artifact_path must name"));
  EXPECT_EQ(Refusal("../x"),
            "PathOutsideSource: artifact_path must stay inside /workspace, without \"..\", got "
            "\"../x\".");
  EXPECT_THAT(Refusal("/etc"), HasSubstr("must be a path below /workspace and not an absolute"));
  EXPECT_THAT(Refusal("dist", R"({"context":"gone"})"), HasSubstr("\"gone\""));
}

}  // namespace
}  // namespace ns::build_static_buildpack
