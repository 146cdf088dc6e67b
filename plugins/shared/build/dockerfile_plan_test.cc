#include "build/dockerfile_plan.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace ns::build {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DockerfilePlan : public testing::Test {
 protected:
  DockerfilePlan() {
    std::string name = (fs::temp_directory_path() / "ns-plan-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    source_ = root_ / "source";
    fs::create_directories(source_);
    Write(root_ / "Dockerfile.outside");
  }
  ~DockerfilePlan() override { fs::remove_all(root_); }

  static void Write(const fs::path& path, const std::string& text = "FROM scratch\n") {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  sdk::BuildRequest Request() const {
    sdk::BuildRequest request;
    request.source = source_.string();
    return request;
  }
  sdk::BuildPlan Plan(const std::string& settings) const {
    return PlanDockerfile(ParseDockerfileSettings(settings), Request());
  }

  std::string Refusal(const std::string& settings) const {
    try {
      Plan(settings);
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.fault(), sdk::Fault::kSource);
      EXPECT_EQ(error.code(), NS_E_INVALID);
      return error.reason() + ": " + error.message();
    }
    return "";
  }

  fs::path root_, source_;
};

TEST_F(DockerfilePlan, NoSettings_DockerfileOfTheWholeSource) {
  Write(source_ / "Dockerfile");
  sdk::BuildPlan plan;
  plan.dockerfile_path = "Dockerfile";
  plan.context = ".";
  EXPECT_EQ(Plan("{}"), plan);
  EXPECT_EQ(Plan(R"({"dockerfile_name":"","context":""})"), plan);
  EXPECT_EQ(Plan(R"({"dockerfile_name":"./Dockerfile","context":"./"})"), plan);
}

TEST_F(DockerfilePlan, Context_DockerfileBelowItComesFirst) {
  Write(source_ / "Dockerfile");
  Write(source_ / "web/Dockerfile");
  EXPECT_EQ(Plan(R"({"context":"web/"})").dockerfile_path, "web/Dockerfile");
  EXPECT_EQ(Plan(R"({"context":"web/"})").context, "web");
}

TEST_F(DockerfilePlan, NotBelowTheContext_TakenFromTheSource) {
  Write(source_ / "build/web.dockerfile");
  fs::create_directories(source_ / "web");
  const auto plan = Plan(R"({"context":"web","dockerfile_name":"build/web.dockerfile"})");
  EXPECT_EQ(plan.dockerfile_path, "build/web.dockerfile");
  EXPECT_EQ(plan.context, "web");
}

TEST_F(DockerfilePlan, Variables_AreSecretsInOrderAndNoArguments) {
  Write(source_ / "Dockerfile");
  auto request = Request();
  request.env = {{"B", "2", true}, {"A", "1", false}};
  const auto plan = PlanDockerfile({}, request);
  EXPECT_EQ(plan.secrets, (std::vector<sdk::EnvVar>{{"A", "1", false}, {"B", "2", true}}));
  EXPECT_TRUE(plan.args.empty());
  EXPECT_FALSE(plan.ignore_dockerignore);
}

TEST_F(DockerfilePlan, NoDockerfile_IsMissing) {
  EXPECT_THAT(Refusal("{}"), HasSubstr("DockerfileMissing: There is no Dockerfile \"Dockerfile\""));
  fs::create_directories(source_ / "Dockerfile");
  EXPECT_THAT(Refusal("{}"), HasSubstr("DockerfileMissing"));
  EXPECT_THAT(Refusal(R"({"dockerfile_name":"Dockerfile/x/y"})"), HasSubstr("DockerfileMissing"));
}

TEST_F(DockerfilePlan, PathThatLeavesTheSource_IsRefused) {
  Write(source_ / "Dockerfile");
  for (const char* path :
       {"../Dockerfile.outside", "/etc/passwd", "a/../../Dockerfile.outside", ".."}) {
    EXPECT_THAT(Refusal(std::string(R"({"dockerfile_name":")") + path + "\"}"),
                HasSubstr("PathOutsideSource: The Dockerfile"))
        << path;
    EXPECT_THAT(Refusal(std::string(R"({"context":")") + path + "\"}"),
                HasSubstr("PathOutsideSource: The context"))
        << path;
  }
}

TEST_F(DockerfilePlan, LinkThatLeavesTheSource_IsRefused) {
  fs::create_symlink("../Dockerfile.outside", source_ / "Dockerfile");
  EXPECT_THAT(Refusal("{}"), HasSubstr("PathOutsideSource"));
  fs::create_symlink("/", source_ / "all");
  EXPECT_THAT(Refusal(R"({"context":"all"})"), HasSubstr("PathOutsideSource"));
  EXPECT_THAT(Refusal(R"({"dockerfile_name":"all/etc/passwd"})"), HasSubstr("PathOutsideSource"));
}

TEST_F(DockerfilePlan, LinkToNothing_IsMissing) {
  fs::create_symlink("../not-there", source_ / "dangling");
  EXPECT_THAT(Refusal(R"({"dockerfile_name":"dangling"})"), HasSubstr("DockerfileMissing"));
}

TEST_F(DockerfilePlan, LinkInsideTheSource_IsResolved) {
  Write(source_ / "real/Dockerfile.web");
  fs::create_symlink("real/Dockerfile.web", source_ / "Dockerfile");
  fs::create_symlink("real", source_ / "alias");
  EXPECT_EQ(Plan("{}").dockerfile_path, "real/Dockerfile.web");
  EXPECT_EQ(Plan(R"({"context":"alias"})").context, "real");
}

TEST_F(DockerfilePlan, LoopOfLinks_IsMissing) {
  fs::create_symlink("b", source_ / "a");
  fs::create_symlink("a", source_ / "b");
  EXPECT_THAT(Refusal(R"({"dockerfile_name":"a"})"), HasSubstr("DockerfileMissing"));
}

TEST_F(DockerfilePlan, SourceBehindALink_IsStillInside) {
  Write(source_ / "Dockerfile");
  fs::create_directory_symlink(source_, root_ / "link");
  auto request = Request();
  request.source = (root_ / "link").string();
  EXPECT_EQ(PlanDockerfile({}, request).dockerfile_path, "Dockerfile");
}

TEST_F(DockerfilePlan, ContextMissingOrAFile_IsInvalid) {
  Write(source_ / "Dockerfile");
  EXPECT_THAT(Refusal(R"({"context":"none"})"),
              HasSubstr("SettingsInvalid: The context \"none\" is not in this commit"));
  EXPECT_THAT(Refusal(R"({"context":"Dockerfile"})"),
              HasSubstr("SettingsInvalid: The context \"Dockerfile\" is a file"));
}

TEST_F(DockerfilePlan, BadJson_IsInvalid) {
  EXPECT_THAT(Refusal("7"), HasSubstr("SettingsInvalid"));
  EXPECT_THAT(Refusal(R"({"context":["a"]})"), HasSubstr("\"context\" is no text"));
}

TEST_F(DockerfilePlan, Planning_WritesNothing) {
  Write(source_ / "Dockerfile");
  const auto before = fs::last_write_time(source_);
  EXPECT_EQ(Plan("{}"), Plan("{}"));
  EXPECT_EQ(fs::last_write_time(source_), before);
  EXPECT_EQ(std::distance(fs::recursive_directory_iterator(source_), {}), 1);
}

}  // namespace
}  // namespace ns::build
