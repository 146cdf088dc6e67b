#include "detect.h"

#include <gmock/gmock.h>

#include "build/testing/source_of.h"

namespace ns::build_static_buildpack {
namespace {

using build::testing::SourceOf;
using ::testing::HasSubstr;

sdk::Suggestion Only(const std::map<std::string, std::string>& files) {
  const auto told = Detect(SourceOf(files));
  EXPECT_EQ(told.size(), 1u);
  return told.at(0);
}

constexpr const char* kVite = R"({"dependencies":{"vite":"1"},"scripts":{"build":"vite build"}})";

TEST(DetectStaticBuildpack, SiteOfAFramework_IsKnownWithItsFolder) {
  const auto told =
      Only({{"package.json", kVite}, {"vite.config.js", "export default {build:{outDir:'out'}}"}});
  EXPECT_EQ(told.fit, 28);
  EXPECT_EQ(told.settings, R"({"context":"."})");
  EXPECT_EQ(told.artifact_path, "out");
  EXPECT_THAT(told.why, HasSubstr("package.json uses Vite, which makes a site in out"));
}

TEST(DetectStaticBuildpack, SiteBesideAServer_FitsLess) {
  const auto told = Only(
      {{"package.json", R"({"dependencies":{"vite":"1","express":"1"},"scripts":{"build":"x"}})"}});
  EXPECT_EQ(told.fit, 15);
  EXPECT_THAT(told.why, HasSubstr("express"));
}

TEST(DetectStaticBuildpack, ProgramOrNothing_DoesNotFitAndSaysWhy) {
  EXPECT_THAT(Only({{"go.mod", ""}}).why, HasSubstr("not known which folder"));
  EXPECT_EQ(Only({{"go.mod", ""}}).fit, 0);
  EXPECT_THAT(Only({{"index.html", ""}}).why, HasSubstr("no file of a language"));
}

}  // namespace
}  // namespace ns::build_static_buildpack
