#include "docker/log_frames.h"

#include <gtest/gtest.h>

#include "docker/json.h"

namespace ns::docker {
namespace {

std::string Frame(char stream, const std::string& text) {
  const auto size = static_cast<uint32_t>(text.size());
  std::string head{stream, 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(size >> shift & 255);
  return head + text;
}

std::vector<LogLine> Read(const std::vector<std::string>& pieces) {
  std::vector<LogLine> lines;
  LogFrames frames([&](LogLine line) { lines.push_back(std::move(line)); });
  for (const std::string& piece : pieces) frames.Feed(piece);
  frames.Finish();
  return lines;
}

const UtcTime kAt = *ParseTime("2026-11-25T02:41:16.5Z");

TEST(LogFrames, TwoStreams_AreToldApart) {
  const auto lines = Read({Frame(1, "2026-11-25T02:41:16.500000000Z out\n") +
                           Frame(2, "2026-11-25T02:41:16.500000000Z err\n")});
  EXPECT_EQ(lines, (std::vector<LogLine>{{kAt, false, "out"}, {kAt, true, "err"}}));
}

TEST(LogFrames, AnyCut_GivesTheSameLines) {
  const std::string whole = Frame(1, "2026-11-25T02:41:16.5Z one\n2026-11-25T02:41:16.5Z \n") +
                            Frame(2, "2026-11-25T02:41:16.5Z two\r\n");
  const auto expected = Read({whole});
  ASSERT_EQ(expected.size(), 3u);
  EXPECT_EQ(expected[1].text, "");
  EXPECT_EQ(expected[2].text, "two");
  for (size_t cut = 0; cut <= whole.size(); ++cut)
    EXPECT_EQ(Read({whole.substr(0, cut), whole.substr(cut)}), expected) << cut;
}

TEST(LogFrames, LastLineWithoutEnd_IsGiven) {
  EXPECT_EQ(Read({Frame(1, "2026-11-25T02:41:16.5Z begun")}),
            (std::vector<LogLine>{{kAt, false, "begun"}}));
}

TEST(LogFrames, LineOfSeveralFrames_IsJoined) {
  EXPECT_EQ(Read({Frame(1, "2026-11-25T02:41:16.5Z a"), Frame(1, "b\n")}),
            (std::vector<LogLine>{{kAt, false, "ab"}}));
}

TEST(LogFrames, Records_AreCountedWhateverTheLines) {
  LogFrames frames([](const LogLine&) {});
  frames.Feed(Frame(1, "2026-11-25T02:41:16.5Z a") + Frame(1, "b\n") +
              Frame(2, "c\n").substr(0, 9));
  EXPECT_EQ(frames.records(), 2);
}

TEST(LogFrames, LineWithoutTime_IsKept) {
  EXPECT_EQ(Read({Frame(1, "plain text\n")}),
            (std::vector<LogLine>{{UtcTime(), false, "plain text"}}));
}

TEST(LogFrames, HalfAFrame_GivesNothing) {
  EXPECT_TRUE(Read({Frame(1, "2026-11-25T02:41:16.5Z x\n").substr(0, 20)}).empty());
}

}  // namespace
}  // namespace ns::docker
