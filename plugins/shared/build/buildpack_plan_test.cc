#include "build/buildpack_plan.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "build/buildpack_signs.h"
#include "build/testing/plan_text.h"
#include "build/testing/source_of.h"

namespace ns::build {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::PlanText;

constexpr const char* kConfig = R"({"builder":"builders/base:1","run_image":"run/base@sha256:x"})";

class BuildpackPlan : public ::testing::Test {
 protected:
  BuildpackPlan() {
    std::string name = (fs::temp_directory_path() / "ns-buildpack-XXXXXX").string();
    source_ = ::mkdtemp(name.data());
    fs::create_directories(source_ / "web");
    std::ofstream(source_ / "file") << "x";
    fs::create_directory_symlink("/", source_ / "out");
  }
  ~BuildpackPlan() override { fs::remove_all(source_); }

  sdk::BuildRequest RequestFor(const std::string& settings) const {
    sdk::BuildRequest request;
    request.app = "app1";
    request.build = "build1";
    request.source = source_.string();
    request.settings = settings;
    request.command = {"serve"};
    request.env = {{"TOKEN", "it's $ecret", true}, {"MODE", "fast", false}};
    return request;
  }
  std::string Refusal(const std::string& settings) const {
    try {
      PlanBuildpack(ParseBuildpackConfig(kConfig), RequestFor(settings));
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.fault(), sdk::Fault::kSource);
      EXPECT_EQ(error.code(), NS_E_INVALID);
      return error.reason() + ": " + error.message();
    }
    return "";
  }

  fs::path source_;
};

std::string ConfigRefusal(const std::string& config) {
  try {
    ParseBuildpackConfig(config);
  } catch (const sdk::Error& error) {
    EXPECT_EQ(error.fault(), sdk::Fault::kOperator);
    EXPECT_EQ(error.reason(), NS_REASON_CONFIG_INVALID);
    return error.message();
  }
  return "";
}

TEST_F(BuildpackPlan, ContextBuilderAndVariables_AreThePlan) {
  const auto plan =
      PlanBuildpack(ParseBuildpackConfig(kConfig), RequestFor(R"({"context":"web"})"));
  EXPECT_EQ(PlanText(plan),
            "dockerfile_path: \ncontext: web\ntarget: \nignore_dockerignore: no\nexport_path: \n"
            "builder: builders/base:1\nrun_image: run/base@sha256:x\nplatform_api: 0.12\n"
            "plain MODE=fast\nsecret TOKEN=it's $ecret\ndockerfile_text:\n");
}

TEST_F(BuildpackPlan, NoContext_IsTheWholeSource) {
  for (const char* settings : {"{}", R"({"context":""})", R"({"context":"."})"})
    EXPECT_EQ(PlanBuildpack(ParseBuildpackConfig(kConfig), RequestFor(settings)).context, ".");
}

TEST_F(BuildpackPlan, SameInput_SamePlanWhateverAppAndBuild) {
  const auto config = ParseBuildpackConfig(kConfig);
  auto other = RequestFor("{}");
  other.app = "app2";
  other.build = "build2";
  std::swap(other.env[0], other.env[1]);
  EXPECT_EQ(PlanBuildpack(config, RequestFor("{}")), PlanBuildpack(config, other));
}

TEST_F(BuildpackPlan, ContextThatIsWrong_IsRefusedByFieldRuleAndValue) {
  EXPECT_THAT(Refusal(R"({"context":"nothing"})"),
              HasSubstr("SettingsInvalid: The context \"nothing\" is not in this commit"));
  EXPECT_THAT(Refusal(R"({"context":"file"})"), HasSubstr("is a file"));
  EXPECT_THAT(Refusal(R"({"context":"../.."})"), HasSubstr("PathOutsideSource"));
  EXPECT_THAT(Refusal(R"({"context":"out"})"), HasSubstr("PathOutsideSource"));
  EXPECT_THAT(Refusal(R"({"context":7})"), HasSubstr("SettingsInvalid"));
}

TEST(BuildpackConfigTest, Builder_IsNeededAndAReference) {
  EXPECT_EQ(ParseBuildpackConfig(R"({"builder":"b"})").run_image, "");
  EXPECT_THAT(ConfigRefusal("{}"), HasSubstr("builder is empty"));
  EXPECT_THAT(ConfigRefusal(R"({"builder":"a b"})"), HasSubstr("builder is \"a b\""));
  EXPECT_THAT(ConfigRefusal(R"({"builder":"-v"})"), HasSubstr("\"-v\""));
  EXPECT_THAT(ConfigRefusal(R"({"builder":"b?x=1"})"), HasSubstr("\"b?x=1\""));
  EXPECT_THAT(ConfigRefusal(R"({"builder":"b","run_image":"a\nb"})"), HasSubstr("run_image is"));
  EXPECT_THAT(ConfigRefusal(R"({"builder":1})"), HasSubstr("builder is no text"));
  EXPECT_THAT(ConfigRefusal("[]"), HasSubstr("no JSON object"));
}

TEST(BuildpackConfigTest, PlatformApi_IsKnownFrom012On) {
  for (const char* api : {"0.12", "0.15", "0.20"})
    EXPECT_EQ(ParseBuildpackConfig(R"({"builder":"b","platform_api":")" + std::string(api) + "\"}")
                  .platform_api,
              api);
  for (const char* api : {"0.11", "0.9", "1.0", "0.12.1", "", "0.x", "0.12 "})
    EXPECT_THAT(
        ConfigRefusal(R"({"builder":"b","platform_api":")" + std::string(api) + "\"}"),
        HasSubstr("platform_api is \"" + std::string(api) + "\"; it must be \"0.12\" or a later"))
        << api;
}

TEST(BuildpackSigns, Languages_AreKnownByTheirFiles) {
  const std::pair<const char*, const char*> files[] = {
      {"go.mod", "Go"},       {"package.json", "Node.js"}, {"requirements.txt", "Python"},
      {"pom.xml", "Java"},    {"build.gradle", "Java"},    {"Gemfile", "Ruby"},
      {"Cargo.toml", "Rust"}, {"composer.json", "PHP"},    {"Web.csproj", ".NET"},
      {"mix.exs", "Elixir"}};
  for (const auto& [file, language] : files) {
    const auto sign = FindBuildpackSign(testing::SourceOf({{file, ""}, {"README.md", ""}}));
    ASSERT_TRUE(sign) << file;
    EXPECT_EQ(sign->language, language);
    EXPECT_EQ(sign->file, file);
    EXPECT_EQ(sign->context, ".");
  }
}

TEST(BuildpackSigns, ProjectToml_CountsWhereItIsOfBuildpacks) {
  for (const char* text : {"[_]\nschema-version = \"0.2\"\n", "[io.buildpacks]\n", "[_.metadata]"})
    EXPECT_TRUE(FindBuildpackSign(testing::SourceOf({{"project.toml", text}}))->descriptor) << text;
  EXPECT_FALSE(FindBuildpackSign(testing::SourceOf({{"project.toml", "[project]\nname=1\n"}})));
}

TEST(BuildpackSigns, Root_GoesBeforeFoldersAndDeepOnesDoNotCount) {
  EXPECT_EQ(
      FindBuildpackSign(testing::SourceOf({{"api/go.mod", ""}, {"web/package.json", ""}}))->context,
      "api");
  EXPECT_EQ(FindBuildpackSign(testing::SourceOf({{"Gemfile", ""}, {"api/go.mod", ""}}))->language,
            "Ruby");
  EXPECT_FALSE(FindBuildpackSign(testing::SourceOf({{"a/b/go.mod", ""}, {"x.csproj/y", ""}})));
}

}  // namespace
}  // namespace ns::build
