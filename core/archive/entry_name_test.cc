#include "archive/entry_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ns::archive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(EntryName, AsToolsWriteThem_SameNames) {
  for (const char* path : {"a/b.html", "./a/b.html", "a//b.html", "a/./b.html", ".//./a/b.html/"})
    EXPECT_THAT(NamesOf(path, {}).value(), ElementsAre("a", "b.html")) << path;
  for (const char* path : {".", "./", "././/."})
    EXPECT_THAT(NamesOf(path, {}).value(), IsEmpty()) << path;
}

TEST(EntryName, Odd_Taken) {
  for (const char* path :
       {"...", "..a", "a..", ".htaccess", "C:\\x", "..\\x", "~", "-rf", "日本語"})
    EXPECT_EQ(NamesOf(path, {}).value().size(), 1u) << path;
}

TEST(EntryName, Unsafe_RefusedWithTheRule) {
  const std::pair<std::string, const char*> bad[] = {
      {"", "no path"},
      {"/a", "absolute"},
      {"//a", "absolute"},
      {"..", "leaves"},
      {"a/../b", "leaves"},
      {"a/..", "leaves"},
      {"./../a", "leaves"},
      {"a\nb", "control"},
      {std::string("a\0b", 3), "control"},
      {"a\x7f", "control"},
      {"\xff", "UTF-8"},
      {"\xc0\xae\xc0\xae/a", "UTF-8"},  // an overlong ".."
      {std::string(256, 'a'), "255"},
  };
  for (const auto& [path, rule] : bad) {
    const Status status = NamesOf(path, {}).status();
    EXPECT_EQ(status.reason(), "ArtifactInvalid") << path;
    EXPECT_EQ(status.code(), Code::kInvalid) << path;
    EXPECT_EQ(status.fault(), Fault::kSource) << path;
    EXPECT_THAT(status.message(), HasSubstr(rule));
  }
}

TEST(EntryName, BeyondALimit_TooLarge) {
  std::string deep = "a", longest;
  for (int i = 1; i < 64; ++i) deep += "/a";
  while (longest.size() + 101 <= 4096) longest += std::string(100, 'n') + "/";
  EXPECT_TRUE(NamesOf(deep, {}).ok());
  EXPECT_EQ(NamesOf(deep + "/a", {}).status().reason(), "ArtifactTooLarge");
  EXPECT_TRUE(NamesOf(longest, {}).ok());
  EXPECT_EQ(NamesOf(longest + std::string(200, 'n'), {}).status().reason(), "ArtifactTooLarge");
}

TEST(EntryName, InMessages_NoBytesThatHarm) {
  EXPECT_EQ(Printable("a\x1b[31m"), "a\\x1b[31m");
  EXPECT_EQ(Printable("\xff"), "\\xff");
  EXPECT_EQ(Printable("日本"), "日本");
  EXPECT_LE(Printable(std::string(5000, 'a')).size(), 203u);
}

}  // namespace
}  // namespace ns::archive
