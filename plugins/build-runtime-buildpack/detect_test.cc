#include "detect.h"

#include <gmock/gmock.h>

#include "build/testing/source_of.h"

namespace ns::build_runtime_buildpack {
namespace {

using build::testing::SourceOf;
using ::testing::HasSubstr;

sdk::Suggestion Only(const std::map<std::string, std::string>& files) {
  const auto told = Detect(SourceOf(files));
  EXPECT_EQ(told.size(), 1u);
  return told.at(0);
}

TEST(DetectBuildpack, Language_FitsBelowADockerfileAndBelowPages) {
  const auto told = Only({{"go.mod", ""}, {"main.go", ""}});
  EXPECT_EQ(told, (sdk::Suggestion{30, R"({"context":"."})", "", "",
                                   "go.mod is of Go; whether the builder has a buildpack for it "
                                   "shows when it is built."}));
}

TEST(DetectBuildpack, ProcfileAndDescriptor_RaiseIt) {
  EXPECT_EQ(Only({{"Procfile", "web: ./x"}, {"go.mod", ""}}).fit, 34);
  const auto described = Only({{"Procfile", ""}, {"go.mod", ""}, {"project.toml", "[_]\n"}});
  EXPECT_EQ(described.fit, 60);
  EXPECT_THAT(described.why, HasSubstr("project.toml describes a project for buildpacks. go.mod"));
  EXPECT_THAT(described.why, HasSubstr("a Procfile says how"));
}

TEST(DetectBuildpack, ProcfileAlone_SaysThatNoLanguageIsKnown) {
  const auto told = Only({{"Procfile", "web: ./x"}});
  EXPECT_EQ(told.fit, 25);
  EXPECT_THAT(told.why, HasSubstr("No file tells of a language"));
}

TEST(DetectBuildpack, Folder_IsTheContextAndFitsLess) {
  const auto told = Only({{"README.md", ""}, {"app/App.csproj", ""}});
  EXPECT_EQ(told.fit, 20);
  EXPECT_EQ(told.settings, R"({"context":"app"})");
  EXPECT_THAT(told.why, HasSubstr("app/App.csproj is of .NET"));
}

TEST(DetectBuildpack, NothingKnown_DoesNotFitAndSaysWhy) {
  EXPECT_EQ(Only({}).fit, 0);
  const auto told = Only({{"index.html", ""}});
  EXPECT_EQ(told.fit, 0);
  EXPECT_THAT(told.why, HasSubstr("no file of a language that buildpacks commonly know"));
}

}  // namespace
}  // namespace ns::build_runtime_buildpack
