#include <gmock/gmock.h>

#include <thread>

#include "api/builds_world.h"

namespace ns::api {
namespace {

class BuildLogsTest : public BuildsWorld {
 protected:
  own_pb::ReadBuildLogRequest From(int64_t offset, int wait_ms = 0) {
    own_pb::ReadBuildLogRequest in;
    in.set_build_id(build.str());
    in.set_offset(offset);
    in.set_wait_ms(wait_ms);
    return in;
  }
};

TEST_F(BuildLogsTest, Log_IsWholeOnceTheBuildHasEnded) {
  const std::string token = Claim(build).lease.token;
  Append(token, "one\n");
  EXPECT_EQ(Call(Named("alice"), "GetBuildLog", OfBuild(build.str())).status().code(),
            Code::kPrecondition);
  Append(token, std::string(3 << 20, 'x'));
  Settle(token, model::BuildStatus::kFailed);
  EXPECT_EQ(
      Call<api_pb::BuildLog>(Named("alice"), "GetBuildLog", OfBuild(build.str())).value().log(),
      "one\n" + std::string(3 << 20, 'x'));
  EXPECT_EQ(Call(Named("bob"), "GetBuildLog", OfBuild(build.str())).status().code(), Code::kDenied);
}

TEST_F(BuildLogsTest, ReadLog_GivesPiecesFromAnOffset) {
  const std::string token = Claim(build).lease.token;
  Append(token, "0123456789");
  auto in = From(4);
  in.set_max_bytes(3);
  auto piece = Own<own_pb::ReadBuildLogResponse>(Named("alice"), "ReadBuildLog", in).value();
  EXPECT_EQ(piece.data(), "456");
  EXPECT_EQ(piece.next_offset(), 7);
  EXPECT_FALSE(piece.finished());
  Settle(token, model::BuildStatus::kSucceeded);
  piece = Own<own_pb::ReadBuildLogResponse>(Named("alice"), "ReadBuildLog", From(7)).value();
  EXPECT_EQ(piece.data(), "789");
  EXPECT_TRUE(piece.finished());
  EXPECT_EQ(Own(Named("bob"), "ReadBuildLog", From(0)).status().code(), Code::kDenied);
}

TEST_F(BuildLogsTest, ReadLog_ChecksItsNumbers) {
  EXPECT_EQ(FieldsOf(Own(Named("alice"), "ReadBuildLog", From(-1)).status()), Fields{"offset"});
  EXPECT_EQ(FieldsOf(Own(Named("alice"), "ReadBuildLog", From(0, 30'001)).status()),
            Fields{"wait_ms"});
  auto in = From(0);
  in.set_max_bytes((1 << 20) + 1);
  EXPECT_EQ(FieldsOf(Own(Named("alice"), "ReadBuildLog", in).status()), Fields{"max_bytes"});
}

TEST_F(BuildLogsTest, ReadLog_WaitsForMore) {
  const std::string token = Claim(build).lease.token;
  std::jthread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    Append(token, "late");
  });
  const auto piece =
      Own<own_pb::ReadBuildLogResponse>(Named("alice"), "ReadBuildLog", From(0, 30'000)).value();
  EXPECT_EQ(piece.data(), "late");
}

TEST_F(BuildLogsTest, ReadLog_EndsWhenTheCallerGoesOrTheTimeIsUp) {
  Claim(build);
  std::stop_source gone;
  std::jthread caller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    gone.request_stop();
  });
  const std::string method = std::string(kPlatformService) + "ReadBuildLog";
  EXPECT_TRUE(dispatcher
                  .Invoke({gone.get_token(), {}}, Named("alice"), method,
                          From(0, 30'000).SerializeAsString())
                  .ok());
  clock.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(dispatcher
                  .Invoke({{}, clock.Monotonic() + std::chrono::milliseconds(400)}, Named("alice"),
                          method, From(0, 30'000).SerializeAsString())
                  .ok());
}

// -- answers of many messages --

class LogStreamTest : public BuildLogsTest {
 protected:
  std::unique_ptr<Stream> Open(const Peer& peer, const std::string& method,
                               const google::protobuf::Message& in) {
    auto stream = dispatcher->Open({}, peer, method, in.SerializeAsString());
    EXPECT_TRUE(stream.ok()) << stream.status().ToString();
    return stream.ok() ? std::move(*stream) : nullptr;
  }
  std::string TextOf(const Piece& piece) {
    std::string text;
    for (const std::string& message : piece.messages) {
      api_pb::BuildLog log;
      EXPECT_TRUE(log.ParseFromString(message));
      text += log.log();
    }
    return text;
  }
  const std::string all_ = std::string(kApiService) + "GetBuildLogStream",
                    from_ = std::string(kPlatformService) + "FollowBuildLog";
};

TEST_F(LogStreamTest, GivesWhatHasComeUntilTheBuildHasEnded) {
  EXPECT_TRUE(dispatcher->Streams(all_));
  EXPECT_FALSE(dispatcher->Streams(std::string(kApiService) + "GetBuildLog"));
  const std::string token = Claim(build).lease.token;
  const auto stream = Open(Named("alice"), all_, OfBuild(build.str()));
  EXPECT_EQ(stream->awaits(), build.str());
  EXPECT_EQ(TextOf(stream->Next({}).value()), "");
  Append(token, "one\n");
  EXPECT_EQ(TextOf(stream->Next({}).value()), "one\n");
  Append(token, "two\n");
  Settle(token, model::BuildStatus::kFailed);
  std::string rest;
  for (;;) {
    const Piece piece = stream->Next({}).value();
    rest += TextOf(piece);
    if (piece.ended) break;
  }
  EXPECT_EQ(rest, "two\n");
}

TEST_F(LogStreamTest, WhoeverWasCutOff_GoesOnFromTheLastPiece) {
  const std::string token = Claim(build).lease.token;
  Append(token, "0123456789");
  const auto stream = Open(Named("alice"), from_, From(4));
  own_pb::ReadBuildLogResponse piece;
  ASSERT_TRUE(piece.ParseFromString(stream->Next({}).value().messages.at(0)));
  EXPECT_EQ(piece.data(), "456789");
  EXPECT_EQ(piece.next_offset(), 10);
  EXPECT_FALSE(piece.finished());
  Settle(token, model::BuildStatus::kFailed);
  const Piece last = stream->Next({}).value();
  EXPECT_TRUE(last.ended);
  ASSERT_TRUE(piece.ParseFromString(last.messages.at(0)));
  EXPECT_TRUE(piece.finished()) << "said to those who follow";
}

TEST_F(LogStreamTest, IsForItsOwnersAndChecksItsNumbers) {
  EXPECT_EQ(dispatcher->Open({}, Named("bob"), all_, OfBuild(build.str()).SerializeAsString())
                .status()
                .code(),
            Code::kDenied);
  EXPECT_EQ(
      FieldsOf(dispatcher->Open({}, Named("alice"), from_, From(-1).SerializeAsString()).status()),
      Fields{"offset"});
  EXPECT_EQ(Call(Named("alice"), "GetBuildLogStream", OfBuild(build.str())).status().reason(),
            "NotOffered")
      << "as one message";
}

TEST_F(LogStreamTest, EndsWithTheRightToIt) {
  const auto stream = Open(Named("alice"), all_, OfBuild(build.str()));
  ASSERT_TRUE(stream->Next({}).ok());
  model::Application changed = store.store().apps.Get(AppId(app)).value();
  changed.owners = {store.store().users.Ensure("carol", false).value().id};
  ASSERT_TRUE(store.store().apps.Update(changed, changed.updated_at, nullptr).ok());
  EXPECT_TRUE(stream->Next({}).ok()) << "it is not asked each time";
  clock.Advance(std::chrono::seconds(31));
  EXPECT_EQ(stream->Next({}).status().code(), Code::kDenied);
}

TEST_F(LogStreamTest, Hint_TellsThatThereIsMore) {
  std::vector<std::string> told;
  dispatcher->OnMore([&](const std::string& id) { told.push_back(id); });
  const std::string token = Claim(build).lease.token;
  Append(token, "x");
  EXPECT_THAT(told, ::testing::Contains(build.str()));
  dispatcher->OnMore(nullptr);
  told.clear();
  Append(token, "y");
  EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace ns::api
