#include "detect.h"

#include <gmock/gmock.h>

#include "build/testing/source_of.h"

namespace ns::build_runtime_dockerfile {
namespace {

using build::testing::SourceOf;

TEST(DetectDockerfile, One_IsSuggestedAsItIs) {
  const auto told = Detect(SourceOf({{"Dockerfile", ""}, {"main.go", ""}}));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0], (sdk::Suggestion{90, R"({"dockerfile_name":"Dockerfile","context":"."})", "",
                                      "", "There is a Dockerfile, Dockerfile."}));
}

TEST(DetectDockerfile, ExposedPort_IsToldWithIt) {
  const auto told = Detect(SourceOf({{"Dockerfile", "FROM debian\nEXPOSE 3000\n"}}));
  EXPECT_EQ(told[0].port, 3000);
  EXPECT_EQ(told[0].why, "There is a Dockerfile, Dockerfile, which exposes port 3000.");
}

TEST(DetectDockerfile, Containerfile_CountsAsWell) {
  const auto told = Detect(SourceOf({{"Containerfile", ""}}));
  EXPECT_EQ(told[0].settings, R"({"dockerfile_name":"Containerfile","context":"."})");
  EXPECT_EQ(told[0].fit, 90);
}

TEST(DetectDockerfile, Several_AreSuggestedEachWithItsContext) {
  const auto told = Detect(SourceOf({{"Dockerfile.dev", ""},
                                     {"api/Dockerfile", ""},
                                     {"api/main.go", ""},
                                     {"docker/Dockerfile", ""}}));
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[0].settings, R"({"dockerfile_name":"Dockerfile.dev","context":"."})");
  EXPECT_EQ(told[0].fit, 75);
  EXPECT_EQ(told[1].settings, R"({"dockerfile_name":"Dockerfile","context":"api"})");
  EXPECT_EQ(told[1].fit, 65);
  EXPECT_EQ(told[1].why, "There are 3 Dockerfiles; this one is api/Dockerfile.");
  EXPECT_EQ(told[2].settings, R"({"dockerfile_name":"docker/Dockerfile","context":"."})");
}

TEST(DetectDockerfile, None_DoesNotFit) {
  const auto told = Detect(SourceOf({{"README.md", ""}}));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].fit, 0);
  EXPECT_EQ(told[0].why, "There is no Dockerfile and no Containerfile.");
}

}  // namespace
}  // namespace ns::build_runtime_dockerfile
