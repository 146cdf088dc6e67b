#include "engine/syntax_line.h"

#include <gmock/gmock.h>

namespace ns::engine {
namespace {

TEST(SyntaxLine, IsLeftOutHoweverItIsWritten) {
  for (const char* line : {"# syntax=a/b:1", "#syntax = a/b", "#SYNTAX=a/b", "// syntax=a/b",
                           " # syntax=a/b", "#\tSyntax\t=a/b:1 more"})
    EXPECT_EQ(WithoutSyntax(std::string(line) + "\nFROM x\n"), "#\nFROM x\n") << line;
  EXPECT_EQ(WithoutSyntax("\xEF\xBB\xBF# syntax=a/b\r\nFROM x\n"), "#\nFROM x\n");
  EXPECT_EQ(WithoutSyntax("#!/bin/x\n#syntax=a/b\nFROM x\n"), "#!/bin/x\n#\nFROM x\n");
  EXPECT_EQ(WithoutSyntax("# syntax=a/b"), "#\n");
}

TEST(SyntaxLine, OtherDirectivesStayFirst) {
  EXPECT_EQ(WithoutSyntax("# syntax=a/b\n# escape=`\nFROM x\n"), "# escape=`\n#\nFROM x\n");
  EXPECT_EQ(WithoutSyntax("# check=skip=all\n# syntax=a/b\n\nFROM x\n"),
            "# check=skip=all\n#\n\nFROM x\n");
}

TEST(SyntaxLine, OfJson_IsNoneAnyMore) {
  EXPECT_THAT(WithoutSyntax("{\"syntax\": \"a/b\"}"), testing::StartsWith("#"));
  EXPECT_THAT(WithoutSyntax("\n {\"syntax\": \"a/b\"}"), testing::StartsWith("#"));
}

TEST(SyntaxLine, WithoutOne_NothingChanges) {
  for (const char* text :
       {"", "FROM x\n# syntax=a/b\n", "# about syntax = no\nFROM x\n", "# syntaxes=1\nFROM x\n",
        "\xEF\xBB\xBF"
        "FROM x\n",
        "# x"})
    EXPECT_EQ(WithoutSyntax(text), text);
}

}  // namespace
}  // namespace ns::engine
