#include <gtest/gtest.h>

#include "model/build.h"
#include "model/shell_words.h"

namespace ns::model {
namespace {

using Words = std::vector<std::string>;

TEST(ParseCommand, PlainWords_AreSplit) {
  EXPECT_EQ(ParseCommand("  npm  run start ").value(), (Words{"npm", "run", "start"}));
  EXPECT_EQ(ParseCommand("").value(), Words{});
}

TEST(ParseCommand, ShellCharacters_RunInAShell) {
  for (const char* text : {"a && b", "A=1 run", "echo $HOME", "say 'hi there'", "ls *.txt"}) {
    EXPECT_EQ(ParseCommand(text).value(), (Words{"sh", "-c", text}));
  }
}

TEST(ParseCommand, OpenQuote_IsInvalid) {
  for (const char* text : {"say 'hi", "say \"hi", "say \"a\\\""}) {
    EXPECT_EQ(ParseCommand(text).status().code(), Code::kInvalid) << text;
  }
  EXPECT_TRUE(ParseCommand("say \"it's\"").ok());
}

TEST(ParseCommand, Refusal_NamesTheRuleAndTheTextShortened) {
  EXPECT_EQ(ParseCommand("say 'hi").status().message(),
            "must close its quotes: ' is not closed, got \"say 'hi\"");
  EXPECT_EQ(ParseCommand("a\x01").status().message(),
            "must hold no control character but tab and line end, got \"a\\x01\"");
  const std::string most(64 * 1024 - 1, 'x');
  EXPECT_LT(ParseCommand(most + "'").status().message().size(), 200U);
  EXPECT_LT(ParseCommand(most + "\x01").status().message().size(), 200U);
}

TEST(Image, Pinned_DropsTagAndKeepsPort) {
  Image image{"127.0.0.1:5000/ns/app:b-1", "sha256:abc", 0};
  EXPECT_EQ(image.Pinned(), "127.0.0.1:5000/ns/app@sha256:abc");
  image.digest.clear();
  EXPECT_EQ(image.Pinned(), "");
}

TEST(CountsAsDuplicate, SupersededAndRetriable_MayBeBuiltAgain) {
  Build build;
  build.status = BuildStatus::kFailed;
  EXPECT_TRUE(CountsAsDuplicate(build));
  build.retriable = true;
  EXPECT_FALSE(CountsAsDuplicate(build));
  build.retriable = false;
  build.outcome = Status(Code::kCancelled, kSuperseded, "a newer commit");
  EXPECT_FALSE(CountsAsDuplicate(build));
  build.status = BuildStatus::kBuilding;
  EXPECT_TRUE(CountsAsDuplicate(build));
}

}  // namespace
}  // namespace ns::model
