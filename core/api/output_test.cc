#include "api/applications_world.h"

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

class HangingOutputTest : public ApplicationsWorld {
 protected:
  void SetUp() override {
    ApplicationsWorld::SetUp();
    app_ = Call<api_pb::Application>(Named("alice"), "CreateApplication", NewApp(repository))
               .value()
               .id();
  }

  std::string app_;
  HangingOutputs hanging_;
  Dispatcher waiting_{TestSettings(), {store.store(), git, hanging_, clock, random}};
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
  EXPECT_TRUE(stream->asks_others());
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
