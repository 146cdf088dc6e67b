#include "engine/progress.h"

#include <gmock/gmock.h>

namespace ns::engine {
namespace {

std::string Through(std::vector<std::string> hidden, const std::vector<std::string>& pieces) {
  std::string out;
  Progress progress(std::move(hidden), [&out](std::string_view text) { out += text; });
  for (const std::string& piece : pieces) progress.Take(piece);
  progress.Finish();
  return out;
}

TEST(Progress, Pieces_BecomeLinesWithoutDigests) {
  const std::string digest =
      "#5 sha256:357c69b9de3f630311d103ca70d204e7628296d13686ba0f0a62b153a83134a0\n";
  EXPECT_EQ(Through({}, {"#5 [2/2] RUN x\n#5 sha", "256:" + digest.substr(10), "#5 0.1 h",
                         "i\n\n#5 DONE"}),
            "#5 [2/2] RUN x\n#5 0.1 hi\n\n#5 DONE\n");
  EXPECT_EQ(Through({}, {"#5 sha256:short\n"}), "#5 sha256:short\n");
}

TEST(Progress, HiddenValues_AreReplacedAlsoAcrossPieces) {
  EXPECT_EQ(Through({"hush-hush", "x", "hush-hush-2\nsecond line"},
                    {"a hush-", "hush-2 b x\nsecond line\n"}),
            "a *** b x\n***\n");
}

TEST(Progress, Tail_KeepsTheLastLines) {
  Progress progress({}, [](std::string_view) {});
  for (int i = 0; i < 100; ++i) progress.Take(std::to_string(i) + "\n\n");
  ASSERT_EQ(progress.tail().size(), 40u);
  EXPECT_EQ(progress.tail().back(), "99");
  EXPECT_EQ(progress.tail().front(), "60");
}

TEST(Progress, Said_IsTheLastThatStepsWroteWithoutSecrets) {
  Progress progress({"hush-hush"}, [](std::string_view) {});
  progress.Take("#8 0.209 + one\n#9 12.5 two hush-hush\r\n#8 ERROR: executor failed\n");
  progress.Take("#8 [1/2] FROM x\n#8 DONE 0.1s\n#x 1.0 y\n# 1.0 z\n#7 1.0\n> #8 0.2 no\n");
  EXPECT_EQ(progress.said(), (std::vector<std::string>{"+ one", "two ***"}));
  for (int i = 0; i < 9; ++i) progress.Take("#8 0.3 " + std::to_string(i) + "\n");
  EXPECT_EQ(progress.said(), (std::vector<std::string>{"4", "5", "6", "7", "8"}));
}

}  // namespace
}  // namespace ns::engine
