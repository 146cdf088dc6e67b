#include "model/token_text.h"

#include <gtest/gtest.h>

#include <set>

namespace ns::model {
namespace {

TEST(TokenText, New_IsOneAndNoTwoAreAlike) {
  SeededRandom random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = NewTokenText(random).Reveal();
    EXPECT_TRUE(IsTokenText(text)) << text;
    EXPECT_EQ(text.size(), 50u);
    seen.insert(text);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(TokenText, OneCharacterMistyped_IsTold) {
  SeededRandom random(2);
  const std::string text = NewTokenText(random).Reveal();
  for (size_t at = 0; at < text.size(); ++at) {
    for (const char c : std::string("0aZ_-\0 \n", 8)) {
      std::string other = text;
      if (other[at] == c) continue;
      other[at] = c;
      EXPECT_FALSE(IsTokenText(other)) << at << " " << c;
    }
  }
}

TEST(TokenText, OtherLengths_AreNone) {
  SeededRandom random(3);
  const std::string text = NewTokenText(random).Reveal();
  for (size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(IsTokenText(text.substr(0, size)));
  EXPECT_FALSE(IsTokenText(text + "0"));
  EXPECT_FALSE(IsTokenText(text + text));
  EXPECT_FALSE(IsTokenText(std::string(1 << 20, 'x')));
}

TEST(TokenText, Hash_IsSha256) {
  EXPECT_EQ(TokenHash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace ns::model
