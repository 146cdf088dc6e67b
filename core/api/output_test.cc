#include "api/applications_world.h"
#include "api/convert.h"

namespace ns::api {
namespace {

using OutputTest = ApplicationsWorld;

// As of a host that hangs: while one question waits, the next comes.
class HangingOutputs final : public Outputs {
 public:
  Result<std::vector<model::LogLine>> Lines(const ports::Call&, const std::string&,
                                            const ports::LogQuery&) override {
    ++asked;
    meanwhile();
    return std::vector<model::LogLine>();
  }
  size_t asked = 0;
  std::function<void()> meanwhile;
};

// An application of alice, whose output is read.
class OutputWorld : public ApplicationsWorld {
 protected:
  void SetUp() override {
    ApplicationsWorld::SetUp();
    app_ = Call<api_pb::Application>(Named("alice"), "CreateApplication", NewApp(repository))
               .value()
               .id();
  }

  std::string app_;
};

class HangingOutputTest : public OutputWorld {
 protected:
  HangingOutputs hanging_;
  Dispatcher waiting_{TestSettings(), {store.store(), git, hanging_, clock, random}};
};

// Follows what an application prints. Whatever is printed, texts are the numbers from 0.
class FollowedOutputTest : public OutputWorld {
 protected:
  void AnswerAtMost(int lines) {
    Settings settings = TestSettings();
    settings.max_output_lines = lines;
    RemakeDispatcher(settings);
  }

  void Print(Time at, size_t bytes = 0) {
    std::string text = std::to_string(outputs.lines.size());
    text += std::string(bytes, '.');
    outputs.lines.push_back({at, "stdout", std::move(text)});
  }
  void Follow(Time begin) {
    api_pb::GetOutputStreamRequest in;
    in.set_application_id(app_);
    *in.mutable_begin() = ToProto(begin);
    const std::string method = std::string(kApiService) + "GetOutputStream";
    stream_ = dispatcher->Open({}, Named("alice"), method, in.SerializeAsString()).value();
    told_.clear();
  }
  // False: nothing more is there for now.
  bool Look() {
    const Piece piece = stream_->Next({}).value();
    EXPECT_LE(piece.messages.size(), outputs.lines.size());
    for (const std::string& message : piece.messages) {
      api_pb::ApplicationOutput line;
      EXPECT_TRUE(line.ParseFromString(message));
      told_.push_back(std::stoul(line.log()));
    }
    return !piece.messages.empty() || stream_->interval() == Duration::zero();
  }
  // All that it tells until it waits for more.
  const std::vector<size_t>& Told() {
    size_t looks = 0;
    while (Look()) {
      if (++looks > 1000) ADD_FAILURE() << "it looks without end";
      if (looks > 1000) break;
    }
    return told_;
  }
  std::vector<size_t> Numbers(size_t begin) const {
    std::vector<size_t> numbers;
    for (size_t i = begin; i < outputs.lines.size(); ++i) numbers.push_back(i);
    return numbers;
  }

  static constexpr Time kBegin{std::chrono::seconds(1'000)};
  static constexpr auto kMoment = std::chrono::microseconds(1);
  std::unique_ptr<Stream> stream_;
  std::vector<size_t> told_;
};

TEST_F(OutputTest, Lines_NeedsAnEndAndKeepsToTheLimit) {
  const auto app =
      Call<api_pb::Application>(Named("alice"), "CreateApplication", NewApp(repository)).value();
  outputs.lines = {{Time(std::chrono::microseconds(1'500'000)), "stdout", "hello"}};
  api_pb::GetOutputRequest in;
  in.set_application_id(app.id());
  EXPECT_EQ(FieldsOf(Call(Named("alice"), "GetOutput", in).status()), Fields{"before"});
  in.mutable_before()->set_seconds(100);
  in.set_limit(5001);
  EXPECT_EQ(FieldsOf(Call(Named("alice"), "GetOutput", in).status()), Fields{"limit"});
  in.set_limit(0);
  const auto out = Call<api_pb::ApplicationOutputs>(Named("alice"), "GetOutput", in).value();
  ASSERT_EQ(out.outputs_size(), 1);
  EXPECT_EQ(out.outputs(0).log(), "hello");
  EXPECT_EQ(out.outputs(0).time().seconds(), 1);
  EXPECT_EQ(out.outputs(0).time().nanos(), 500'000'000);
  ASSERT_EQ(outputs.asked.size(), 1u);
  EXPECT_EQ(outputs.asked[0].first, "docker");
  EXPECT_EQ(outputs.asked[0].second.before, Time(std::chrono::seconds(100)));
  EXPECT_EQ(outputs.asked[0].second.limit, 100);
  EXPECT_EQ(Call(Named("bob"), "GetOutput", in).status().code(), Code::kDenied);
}

TEST_F(OutputTest, Stream_TellsEachLineOnceAndInOrder) {
  const auto app =
      Call<api_pb::Application>(Named("alice"), "CreateApplication", NewApp(repository)).value();
  const auto at = [](int seconds) { return Time(std::chrono::seconds(seconds)); };
  api_pb::GetOutputStreamRequest in;
  in.set_application_id(app.id());
  const std::string method = std::string(kApiService) + "GetOutputStream";
  EXPECT_EQ(FieldsOf(dispatcher->Open({}, Named("alice"), method, in.SerializeAsString()).status()),
            Fields{"begin"});
  in.mutable_begin()->set_seconds(100);
  EXPECT_EQ(dispatcher->Open({}, Named("bob"), method, in.SerializeAsString()).status().code(),
            Code::kDenied);
  const auto stream = dispatcher->Open({}, Named("alice"), method, in.SerializeAsString()).value();
  EXPECT_EQ(stream->waits_for_others(),
            Call<api_pb::User>(Named("alice"), "GetMe", Empty()).value().id());
  const auto next = [&] {
    std::string text;
    const Piece piece = stream->Next({}).value();
    for (const std::string& message : piece.messages) {
      api_pb::ApplicationOutput line;
      EXPECT_TRUE(line.ParseFromString(message));
      text += line.log() + " ";
    }
    return text;
  };
  outputs.lines = {{at(100), "stdout", "a"}, {at(101), "stdout", "b"}};
  EXPECT_EQ(next(), "a b ");
  EXPECT_EQ(outputs.asked.back().second.since, at(100));
  outputs.lines = {{at(101), "stdout", "b"}, {at(101), "stderr", "c"}, {at(102), "stdout", "d"}};
  EXPECT_EQ(next(), "c d ") << "what stands at the same instant is known by its number";
  EXPECT_EQ(outputs.asked.back().second.since, at(101));
  outputs.lines = {{at(102), "stdout", "d"}};
  EXPECT_EQ(next(), "");
  outputs.failure = Unavailable("dockerd is down");
  EXPECT_EQ(stream->Next({}).status().code(), Code::kUnavailable);
}

TEST_F(FollowedOutputTest, MoreThanAnAnswerHolds_IsToldFromItsBeginning) {
  for (int i = 0; i < 12'000; ++i) Print(kBegin + (i / 3) * kMoment);
  Follow(kBegin);
  EXPECT_EQ(Told(), Numbers(0));
  EXPECT_EQ(outputs.asked.size(), 6u) << "three answers, two of them asked for twice, and none";
  Follow(kBegin + 100 * kMoment);
  EXPECT_EQ(Told(), Numbers(300));
}

TEST_F(FollowedOutputTest, MoreThanAnAnswerHoldsWithinOneLook_LeavesNoneOut) {
  Print(kBegin);
  Follow(kBegin);
  EXPECT_EQ(Told(), Numbers(0));
  for (int i = 1; i < 12'000; ++i) Print(kBegin + (i / 3) * kMoment);
  EXPECT_EQ(Told(), Numbers(0));
}

TEST_F(FollowedOutputTest, MoreBytesThanAnAnswerHolds_AreToldFromTheBeginning) {
  for (int i = 0; i < 200; ++i) Print(kBegin + (i / 3) * kMoment, 60'000);
  Follow(kBegin - std::chrono::hours(1));
  EXPECT_EQ(Told(), Numbers(0));
}

TEST_F(FollowedOutputTest, MomentOfMoreThanAnAnswerHolds_KeepsNothingElseOut) {
  AnswerAtMost(10);
  for (int i = 0; i < 15; ++i) Print(kBegin + i * kMoment);
  for (int i = 0; i < 25; ++i) Print(kBegin + 20 * kMoment);
  for (int i = 0; i < 15; ++i) Print(kBegin + (30 + i) * kMoment);
  std::vector<size_t> expected = Numbers(0);
  expected.erase(expected.begin() + 15, expected.begin() + 30);
  Follow(kBegin);
  EXPECT_EQ(Told(), expected) << "of that moment the newest can be asked for alone";
}

TEST_F(FollowedOutputTest, WhateverIsPrintedBetweenLooks_IsToldOnceAndInOrder) {
  AnswerAtMost(10);
  for (int round = 0; round < 300; ++round) {
    outputs.lines.clear();
    Time at = kBegin;
    const auto print = [&](size_t lines) {
      for (size_t i = 0; i < lines; ++i) {
        const size_t there = outputs.lines.size();
        const bool full = there >= 5 && outputs.lines[there - 5].at == at;
        if (full || random.Below(3) == 0) at += (1 + random.Below(3)) * kMoment;
        Print(at);
      }
    };
    print(random.Below(60));
    Follow(kBegin);
    for (int looks = 0; looks < 20; ++looks) {
      (void)Look();
      print(random.Below(4) == 0 ? random.Below(60) : random.Below(4));
    }
    ASSERT_EQ(Told(), Numbers(0)) << "round " << round;
  }
}

TEST_F(FollowedOutputTest, HostThatAnswersTooLate_IsUnavailable) {
  outputs.failure = Status(Code::kDeadline, "DeadlineExceeded", "it took too long");
  Follow(kBegin);
  const Status looked = stream_->Next({}).status();
  EXPECT_EQ(looked.code(), Code::kUnavailable);
  EXPECT_EQ(looked.reason(), "BackendHostAway");
  const Duration now = clock.Monotonic();
  EXPECT_EQ(stream_->Next({{}, now + std::chrono::seconds(9)}).status().code(), Code::kDeadline)
      << "it was the caller who did not wait";
  api_pb::GetOutputRequest in;
  in.set_application_id(app_);
  in.mutable_before()->set_seconds(100);
  EXPECT_EQ(Call(Named("alice"), "GetOutput", in).status().code(), Code::kUnavailable);
}

TEST_F(HangingOutputTest, Calls_AreBoundedForOnePersonAndForAll) {
  api_pb::GetOutputRequest in;
  in.set_application_id(app_);
  in.mutable_before()->set_seconds(100);
  const auto most = [&](const Peer& who) {
    hanging_.asked = 0;
    Status refused;
    hanging_.meanwhile = [&] {
      const Status answer =
          waiting_.Invoke({}, who, std::string(kApiService) + "GetOutput", in.SerializeAsString())
              .status();
      if (!answer.ok()) refused = answer;
    };
    hanging_.meanwhile();
    EXPECT_EQ(refused.code(), Code::kExhausted);
    EXPECT_EQ(refused.reason(), "TooManyCalls");
    return hanging_.asked;
  };
  EXPECT_EQ(most(Named("alice")), 8u);
  EXPECT_EQ(most(Root()), 12u);
}

}  // namespace
}  // namespace ns::api
