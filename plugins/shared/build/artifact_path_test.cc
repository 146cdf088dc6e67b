#include "build/artifact_path.h"

#include <gmock/gmock.h>

#include "ns/sdk/error.h"

namespace ns::build {
namespace {

using testing::HasSubstr;

std::string Refusal(const std::string& path, const std::string& root, bool absolute) {
  try {
    return "accepted as " + ArtifactFolder(path, root, absolute);
  } catch (const sdk::Error& error) {
    EXPECT_EQ(error.fault(), sdk::Fault::kSource);
    EXPECT_EQ(error.code(), NS_E_INVALID);
    return error.reason() + ": " + error.message();
  }
}

TEST(ArtifactPath, BelowTheRoot_IsJoinedAndMadePlain) {
  for (const auto& [path, folder] :
       std::vector<std::pair<std::string, std::string>>{{"dist", "/srv/dist"},
                                                        {"dist/", "/srv/dist"},
                                                        {"./web//out/.", "/srv/web/out"},
                                                        {".", "/srv"},
                                                        {"./", "/srv"},
                                                        {"a..b/...", "/srv/a..b/..."},
                                                        {"with space", "/srv/with space"}})
    EXPECT_EQ(ArtifactFolder(path, "/srv", false), folder) << path;
}

TEST(ArtifactPath, OfAnImage_IsTheSameWithAndWithoutASlashBefore) {
  EXPECT_EQ(ArtifactFolder("/usr/share/nginx/html/", "/", true), "/usr/share/nginx/html");
  EXPECT_EQ(ArtifactFolder("usr/share/nginx/html", "/", true), "/usr/share/nginx/html");
  EXPECT_EQ(ArtifactFolder("//out", "/", true), "/out");
}

TEST(ArtifactPath, Empty_IsInvalid) {
  EXPECT_EQ(Refusal("", "/srv", false),
            "SettingsInvalid: artifact_path must name the folder to serve, such as \"dist\", got "
            "\"\".");
}

TEST(ArtifactPath, ThatClimbs_IsOutside) {
  for (const char* path : {"..", "../x", "a/../../b", "a/..", "dist/..", "/.."}) {
    EXPECT_EQ(Refusal(path, "/srv", true),
              std::string("PathOutsideSource: artifact_path must stay inside /srv, without "
                          "\"..\", got \"") +
                  path + "\".");
  }
}

TEST(ArtifactPath, AbsoluteOne_IsOutsideWhereAFolderIsMeant) {
  EXPECT_EQ(Refusal("/etc", "/srv", false),
            "PathOutsideSource: artifact_path must be a path below /srv and not an absolute one, "
            "got \"/etc\".");
}

TEST(ArtifactPath, AllOfAnImage_IsInvalid) {
  for (const char* path : {"/", ".", "./", "//"})
    EXPECT_THAT(Refusal(path, "/", true),
                HasSubstr("SettingsInvalid: artifact_path must name a folder of the image"))
        << path;
}

TEST(ArtifactPath, TooLongOrWithControlCharacters_IsInvalid) {
  EXPECT_THAT(Refusal(std::string(1025, 'x'), "/srv", false), HasSubstr("at most 1024 bytes"));
  EXPECT_THAT(Refusal(std::string("a\0b", 3), "/srv", false),
              HasSubstr("no control characters, got \"a?b\""));
  EXPECT_THAT(Refusal("a\nb", "/srv", false), HasSubstr("SettingsInvalid"));
}

}  // namespace
}  // namespace ns::build
