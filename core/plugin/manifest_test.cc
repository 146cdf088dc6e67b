#include "plugin/manifest.h"

#include <gmock/gmock.h>

#include "plugin/elf.h"
#include "plugin/testing/host_fixture.h"
#include "plugin/text.h"

namespace ns::plugin {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kGood[] =
    R"({"id": "a.b", "version": "1", "licence": "MIT", "abi": {"major": 1, "minor": 2, "needs_minor": 0},
  "kinds": ["ns.build/1"], "interfaces": ["ns.build/1"], "config_schema": {"type": "object"}, "unknown": 1})";

std::string Without(const std::string& from, const std::string& to) {
  std::string text = kGood;
  return text.replace(text.find(from), from.size(), to);
}

TEST(ManifestTest, Good_IsRead) {
  const auto manifest = ParseManifest(kGood);
  ASSERT_TRUE(manifest.ok()) << manifest.status().ToString();
  EXPECT_EQ(manifest->id, "a.b");
  EXPECT_EQ(manifest->Abi(), "1.2");
  EXPECT_THAT(manifest->kinds, ElementsAre("ns.build/1"));
  EXPECT_EQ(manifest->config_schema, R"({"type":"object"})");
  EXPECT_EQ(manifest->app_schema, "");
}

TEST(ManifestTest, WrongKey_IsNamed) {
  EXPECT_THAT(ParseManifest(Without("\"1\"", "1")).status().message(), HasSubstr("`version`"));
  EXPECT_THAT(ParseManifest(Without("[\"ns.build/1\"]", "[]")).status().message(),
              HasSubstr("`kinds`"));
  EXPECT_THAT(ParseManifest(Without("\"major\": 1", "\"major\": -1")).status().message(),
              HasSubstr("`major`"));
  EXPECT_THAT(ParseManifest(Without("\"abi\"", "\"iba\"")).status().message(), HasSubstr("`abi`"));
  EXPECT_THAT(ParseManifest("[]").status().message(), HasSubstr("object"));
  EXPECT_THAT(ParseManifest("{").status().message(), HasSubstr("not JSON"));
}

TEST(ElfTest, RealLibrary_TellsManifestAndEntry) {
  const auto facts = ReadElf(ReadText(BuiltPlugin("test-plain-c.so")));
  ASSERT_TRUE(facts.ok());
  EXPECT_THAT(facts->entries, ElementsAre("ns_plugin_entry_v1"));
  EXPECT_EQ(facts->manifest, ReadText(BuiltPlugin("test-plain-c.nsplugin.json")));
}

TEST(ElfTest, TruncatedOrScrambled_NeverReadsOutside) {
  const std::string file = ReadText(BuiltPlugin("test-plain-c.so"));
  for (size_t size = 0; size < file.size(); size += 97) (void)ReadElf(std::string(file, 0, size));
  for (size_t at = 0; at < 64; ++at) {
    std::string scrambled = file;
    scrambled[at] = static_cast<char>(0xff);
    (void)ReadElf(scrambled);
  }
  for (size_t at = file.size() - 1900; at < file.size(); ++at) {  // the section table
    std::string scrambled = file;
    scrambled[at] = static_cast<char>(0x80);
    (void)ReadElf(scrambled);
  }
  EXPECT_FALSE(ReadElf("").ok());
}

TEST(CleanTextTest, BadBytes_BecomeQuestionMarks) {
  EXPECT_EQ(CleanText("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(CleanText("a\xff\xc3z\xe2\x82"), "a??z??");
  EXPECT_EQ(CleanText(std::string_view("a\0b", 3)), "a?b");
  EXPECT_EQ(CleanText("abc", 2), "ab");
  EXPECT_EQ(CleanText("\xc3\xbc", 1), "?");
}

}  // namespace
}  // namespace ns::plugin
