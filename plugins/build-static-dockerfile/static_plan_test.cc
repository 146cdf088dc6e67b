#include "static_plan.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "build/testing/plan_text.h"

namespace ns::build_static_dockerfile {
namespace {

namespace fs = std::filesystem;
using build::testing::PlanText;
using build::testing::ReadGolden;
using testing::HasSubstr;

class StaticDockerfilePlan : public testing::Test {
 protected:
  StaticDockerfilePlan() {
    std::string name = (fs::temp_directory_path() / "ns-static-XXXXXX").string();
    source_ = ::mkdtemp(name.data());
    fs::create_directories(source_ / "web");
    std::ofstream(source_ / "web/Dockerfile") << "FROM nginx\n";
  }
  ~StaticDockerfilePlan() override { fs::remove_all(source_); }

  sdk::BuildRequest RequestFor(const std::string& path,
                               const std::string& settings = R"({"context":"web"})") const {
    sdk::BuildRequest request;
    request.source = source_.string();
    request.artifact_path = path;
    request.settings = settings;
    request.env = {{"TOKEN", "hush", true}, {"MODE", "fast", false}};
    return request;
  }
  static std::string Refusal(const sdk::BuildRequest& request) {
    try {
      PlanStatic(request);
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.fault(), sdk::Fault::kSource);
      EXPECT_EQ(error.code(), NS_E_INVALID);
      return error.reason() + ": " + error.message();
    }
    return "";
  }

  fs::path source_;
};

TEST_F(StaticDockerfilePlan, PathOfTheImage_AsTheGoldenFile) {
  const std::string golden = ReadGolden(NS_GOLDEN "/nginx.plan");
  EXPECT_EQ(PlanText(PlanStatic(RequestFor("/usr/share/nginx/html"))), golden);
  EXPECT_EQ(PlanText(PlanStatic(RequestFor("usr/share/nginx/html/"))), golden);
}

TEST_F(StaticDockerfilePlan, ArtifactPath_IsRefusedByFieldRuleAndValue) {
  EXPECT_THAT(Refusal(RequestFor("")), HasSubstr("SettingsInvalid: artifact_path must name"));
  EXPECT_THAT(Refusal(RequestFor("/")),
              HasSubstr("must name a folder of the image, not all of it"));
  EXPECT_EQ(Refusal(RequestFor("/usr/../../x")),
            "PathOutsideSource: artifact_path must stay inside /, without \"..\", got "
            "\"/usr/../../x\".");
}

TEST_F(StaticDockerfilePlan, DockerfileThatIsNotThere_IsMissing) {
  EXPECT_THAT(Refusal(RequestFor("dist", "{}")), HasSubstr("DockerfileMissing"));
  EXPECT_THAT(Refusal(RequestFor("dist", R"({"context":"../.."})")),
              HasSubstr("PathOutsideSource: The context"));
}

}  // namespace
}  // namespace ns::build_static_dockerfile
