#include "static_plan.h"

#include <gmock/gmock.h>

#include "build/testing/plan_text.h"

namespace ns::build_static_cmd {
namespace {

using build::testing::PlanText;
using build::testing::ReadGolden;
using testing::HasSubstr;

sdk::BuildRequest RequestFor(const std::string& path, const std::string& settings) {
  sdk::BuildRequest request;
  request.app = "app1";
  request.build = "build1";
  request.source = "/nowhere";
  request.artifact_path = path;
  request.settings = settings;
  return request;
}

sdk::BuildRequest Vite() {
  auto request =
      RequestFor("web/dist", R"({"base_image":"node:22","build_cmd":"npm ci\nnpm run build"})");
  request.env = {{"TOKEN", "it's $ecret", true}, {"MODE", "fast", false}};
  return request;
}

std::string Refusal(const sdk::BuildRequest& request) {
  try {
    PlanStatic(request);
  } catch (const sdk::Error& error) {
    EXPECT_EQ(error.fault(), sdk::Fault::kSource);
    EXPECT_EQ(error.code(), NS_E_INVALID);
    return error.reason() + ": " + error.message();
  }
  return "";
}

TEST(StaticCommandPlan, BaseScriptAndVariables_AsTheGoldenFile) {
  EXPECT_EQ(PlanText(PlanStatic(Vite())), ReadGolden(NS_GOLDEN "/vite.plan"));
}

TEST(StaticCommandPlan, NoSettings_TheRepositoryItselfAsTheGoldenFile) {
  EXPECT_EQ(PlanText(PlanStatic(RequestFor(".", "{}"))), ReadGolden(NS_GOLDEN "/plain.plan"));
}

TEST(StaticCommandPlan, SameInput_SameBytesWhateverAppAndBuild) {
  auto other = Vite();
  other.app = "app2";
  other.build = "build2";
  std::swap(other.env[0], other.env[1]);
  EXPECT_EQ(PlanStatic(Vite()), PlanStatic(other));
}

TEST(StaticCommandPlan, ArtifactPath_IsRefusedByFieldRuleAndValue) {
  EXPECT_THAT(Refusal(RequestFor("", "{}")),
              HasSubstr("SettingsInvalid: artifact_path must name the folder to serve"));
  EXPECT_EQ(Refusal(RequestFor("../x", "{}")),
            "PathOutsideSource: artifact_path must stay inside /srv, without \"..\", got "
            "\"../x\".");
  EXPECT_THAT(Refusal(RequestFor("/etc", "{}")),
              HasSubstr("must be a path below /srv and not an absolute one, got \"/etc\""));
}

TEST(StaticCommandPlan, SettingsThatAreWrong_AreRefusedAsForAProgram) {
  EXPECT_THAT(Refusal(RequestFor("dist", R"({"build_cmd":"make"})")),
              HasSubstr("SettingsInvalid: build_cmd needs a base_image"));
  EXPECT_THAT(Refusal(RequestFor("dist", R"({"base_image":"a b"})")), HasSubstr("\"a b\""));
  EXPECT_THAT(Refusal(RequestFor("dist", "[]")), HasSubstr("no JSON object"));
}

}  // namespace
}  // namespace ns::build_static_cmd
