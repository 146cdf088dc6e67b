// Streams: output of an application and logs of builds, cut off and gone on with.
#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>

#include "testing/program_run.h"

namespace ns::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Line = api::ApplicationOutput;

Line At(int64_t seconds, const std::string& text) {
  Line line;
  line.mutable_time()->set_seconds(seconds);
  line.set_log(text);
  return line;
}

class LogsTest : public ProgramRun {
 protected:
  LogsTest() { OfferShop(); }
  void Offer(const std::vector<Line>& lines) {
    api::ApplicationOutputs outputs;
    for (const Line& line : lines) *outputs.add_outputs() = line;
    server_.On("GetOutput", outputs);
  }
  // Three lines at each moment. The newest before a moment are told: as many as are asked for, and
  // as 3 MiB hold.
  void Print(std::vector<std::string> texts) {
    server_.On("GetOutput", [texts = std::move(texts)](const std::string& body) {
      api::GetOutputRequest asked;
      asked.ParseFromString(body);
      std::vector<Line> newest;
      for (size_t i = texts.size(), bytes = 0; i-- > 0;) {
        Line line = At(1000 + static_cast<int64_t>(i) / 3, texts[i]);
        if (line.time() >= asked.before()) continue;
        bytes += texts[i].size();
        if (newest.size() == static_cast<size_t>(asked.limit()) || bytes > 3 << 20) break;
        newest.push_back(std::move(line));
      }
      api::ApplicationOutputs outputs;
      for (size_t i = newest.size(); i-- > 0;) *outputs.add_outputs() = newest[i];
      return Ok(outputs);
    });
  }
  static std::string Joined(const std::vector<std::string>& lines) {
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    return all;
  }
};

TEST_F(LogsTest, FollowedGoOnBehindTheNewestLines) {
  Offer({At(1, "a"), At(2, "b"), At(2, "b")});
  api::GetOutputStreamRequest asked;
  server_.On("GetOutputStream", [&](const std::string& body) {
    asked.ParseFromString(body);
    return Stream<Line>({At(2, "b"), At(2, "b"), At(2, "b"), At(3, "c")});
  });
  EXPECT_EQ(Run({"logs", "shop", "-f"}), 0) << err_;
  EXPECT_EQ(out_, "a\nb\nb\nb\nc\n");
  EXPECT_EQ(asked.begin().seconds(), 2);
  EXPECT_EQ(server_.headers().at("content-type"), "application/connect+proto");
}

TEST_F(LogsTest, BrokenOffNothingIsLostOrDoubled) {
  Offer({At(1, "a")});
  int calls = 0;
  std::vector<int64_t> begins;
  server_.On("GetOutputStream", [&](const std::string& body) {
    api::GetOutputStreamRequest asked;
    asked.ParseFromString(body);
    begins.push_back(asked.begin().seconds());
    if (++calls == 1) return Stream<Line>({At(1, "a"), At(2, "b")}, End::kCut);
    if (calls == 2) return Stream<Line>({}, End::kUnavailable);
    return Stream<Line>({At(2, "b"), At(2, "x"), At(3, "c"), At(3, "d")});
  });
  EXPECT_EQ(Run({"logs", "shop", "-f"}), 0) << err_;
  EXPECT_EQ(out_, "a\nb\nx\nc\nd\n");
  EXPECT_THAT(begins, ElementsAre(1, 2, 2));
  EXPECT_THAT(err_, HasSubstr("going on from there"));
}

TEST_F(LogsTest, FollowedSinceAMomentAreOfTheStreamAlone) {
  std::vector<int64_t> begins;
  server_.On("GetOutputStream", [&](const std::string& body) {
    api::GetOutputStreamRequest asked;
    asked.ParseFromString(body);
    begins.push_back(asked.begin().seconds());
    if (begins.size() == 1) return Stream<Line>({At(8, "a"), At(9, "b")}, End::kCut);
    return Stream<Line>({At(9, "b"), At(9, "c")});
  });
  EXPECT_EQ(Run({"logs", "shop", "-f", "--since", "1970-01-01T00:00:07Z"}), 0) << err_;
  EXPECT_EQ(out_, "a\nb\nc\n");
  EXPECT_THAT(begins, ElementsAre(7, 9));
}

TEST_F(LogsTest, JsonIsALineForEach) {
  Offer({At(1, "a")});
  server_.On("GetOutputStream", Stream<Line>({At(2, "b")}));
  EXPECT_EQ(Run({"logs", "shop", "-f", "--json"}), 0);
  EXPECT_EQ(out_,
            "{\"log\":\"a\",\"time\":\"1970-01-01T00:00:01Z\"}\n"
            "{\"log\":\"b\",\"time\":\"1970-01-01T00:00:02Z\"}\n");
}

TEST_F(LogsTest, RefusalsEndIt) {
  Offer({});
  server_.On("GetOutputStream",
             [](const std::string&) { return Refusal(403, "permission_denied", "not yours"); });
  EXPECT_EQ(Run({"logs", "shop", "-f"}), 4);
  EXPECT_THAT(err_, HasSubstr("not yours"));
}

TEST_F(LogsTest, SinceShowsAllFromThen) {
  api::GetOutputRequest asked;
  server_.On("GetOutput", [&](const std::string& body) {
    asked.ParseFromString(body);
    api::ApplicationOutputs outputs;
    *outputs.add_outputs() = At(1, "old");
    *outputs.add_outputs() = At(NowSeconds(), "new");
    return Ok(outputs);
  });
  EXPECT_EQ(Run({"logs", "shop", "--since", "10m"}), 0) << err_;
  EXPECT_EQ(out_, "new\n");
  EXPECT_EQ(asked.limit(), 1000);
  EXPECT_EQ(Run({"logs", "shop", "--since", "1970-01-01T00:00:00Z"}), 0) << err_;
  EXPECT_EQ(out_, "old\nnew\n");
  EXPECT_EQ(Run({"logs", "shop", "--since", "soon"}), 2);
  EXPECT_THAT(err_, HasSubstr("--since is 'soon'"));
}

TEST_F(LogsTest, SincePagesBackwardsWithoutDoubling) {
  std::vector<std::string> texts;
  for (int i = 0; i < 1500; ++i) texts.push_back(std::to_string(i));
  Print(texts);
  EXPECT_EQ(Run({"logs", "shop", "--since", "1970-01-01T00:00:00Z"}), 0);
  EXPECT_EQ(out_, Joined(texts));
}

TEST_F(LogsTest, LinesThatNoAnswerHoldsAreAskedForAgain) {
  std::vector<std::string> texts;
  for (int i = 0; i < 150; ++i)
    texts.push_back(std::to_string(i) + std::string(60'000, i % 2 ? 'x' : 'y'));
  Print(texts);
  EXPECT_EQ(Run({"logs", "shop", "--since", "1970-01-01T00:00:00Z"}), 0);
  EXPECT_EQ(out_, Joined(texts));
  EXPECT_EQ(Run({"logs", "shop", "--tail", "100"}), 0);
  EXPECT_EQ(out_, Joined({texts.begin() + 50, texts.end()}));
}

TEST_F(LogsTest, BuildLogGoesOnFromItsOffset) {
  const std::string id = "0123456789abcdef012345";
  api::Build build;
  build.set_id(id);
  build.set_status(api::SUCCEEDED);
  server_.On("GetBuild", build);
  const auto piece = [](const std::string& data, int64_t next, bool finished) {
    platform::ReadBuildLogResponse out;
    out.set_data(data), out.set_next_offset(next), out.set_finished(finished);
    return out;
  };
  std::vector<int64_t> offsets;
  server_.On("FollowBuildLog", [&](const std::string& body) {
    platform::ReadBuildLogRequest asked;
    asked.ParseFromString(body);
    offsets.push_back(asked.offset());
    using Pieces = std::vector<platform::ReadBuildLogResponse>;
    return offsets.size() == 1 ? Stream(Pieces{piece("one\n", 4, false)}, End::kCut)
                               : Stream(Pieces{piece("two\n", 8, true)});
  });
  EXPECT_EQ(Run({"build", "log", id, "-f"}), 0) << err_;
  EXPECT_EQ(out_, "one\ntwo\n");
  EXPECT_THAT(offsets, ElementsAre(0, 4));
}

}  // namespace
}  // namespace ns::cli
