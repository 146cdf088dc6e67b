#include "detect.h"

#include <gmock/gmock.h>

#include "build/testing/source_of.h"

namespace ns::build_static_dockerfile {
namespace {

using build::testing::SourceOf;
using ::testing::HasSubstr;

TEST(DetectStaticDockerfile, FilesForAWebServer_AreTheSite) {
  const auto told = Detect(
      SourceOf({{"Dockerfile",
                 "FROM node AS b\nRUN x\nFROM nginx\nCOPY --from=b /d /usr/share/nginx/html\n"},
                {"api/Dockerfile", "FROM golang\n"}}));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].fit, 70);
  EXPECT_EQ(told[0].settings, R"({"dockerfile_name":"Dockerfile","context":"."})");
  EXPECT_EQ(told[0].artifact_path, "/usr/share/nginx/html");
  EXPECT_THAT(told[0].why, HasSubstr("Dockerfile copies files to /usr/share/nginx/html"));
}

TEST(DetectStaticDockerfile, ProgramOrNone_DoesNotFit) {
  EXPECT_THAT(Detect(SourceOf({{"Dockerfile", "FROM golang\nCMD x\n"}})).at(0).why,
              HasSubstr("not known which folder"));
  const auto none = Detect(SourceOf({{"main.go", ""}}));
  ASSERT_EQ(none.size(), 1u);
  EXPECT_EQ(none[0].fit, 0);
  EXPECT_THAT(none[0].why, HasSubstr("no Dockerfile"));
}

}  // namespace
}  // namespace ns::build_static_dockerfile
