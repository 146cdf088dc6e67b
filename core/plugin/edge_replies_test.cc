#include "plugin/edge_replies.h"

#include <gmock/gmock.h>

#include <cstddef>
#include <future>
#include <string>
#include <vector>

#include "ns/sdk/text.h"

namespace ns::plugin {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class EdgeRepliesTest : public testing::Test {
 protected:
  ns_api_sink Sink() {
    return {
        sizeof(ns_api_sink),
        0,
        &got_,
        [](void* ctx, ns_bytes message) noexcept {
          static_cast<std::vector<std::string>*>(ctx)->emplace_back(sdk::View(message));
        },
        [](void* ctx, const ns_problem* problem, int32_t status, ns_str type) noexcept {
          const std::string end = problem ? "failed " + std::to_string(problem->code)
                                          : "ok " + std::to_string(status) + sdk::Text(type);
          static_cast<std::vector<std::string>*>(ctx)->push_back(end);
        },
        [](void* ctx, int32_t trailing, const ns_header* headers, size_t count) noexcept {
          for (size_t i = 0; i < count; ++i)
            static_cast<std::vector<std::string>*>(ctx)->push_back(
                (trailing != 0 ? "trailing " : "leading ") + sdk::Text(headers[i].name) + "=" +
                sdk::Text(headers[i].value));
        },
        [](void* ctx, uint64_t bytes) noexcept {
          static_cast<std::vector<std::string>*>(ctx)->push_back("wants " + std::to_string(bytes));
        }};
  }

  std::vector<std::string> got_;
  std::shared_ptr<EdgeReplies> replies_ = std::make_shared<EdgeReplies>(SystemClock());
};

TEST_F(EdgeRepliesTest, MessagesWithinCredit_ComeInOrder) {
  auto [reply, handle] = replies_->Begin(std::nullopt, 2, Sink());
  EXPECT_TRUE(reply->Message("a").ok());
  EXPECT_TRUE(reply->Message("b").ok());
  reply->End({}, 200, "text/plain");
  reply.reset();
  EXPECT_THAT(got_, ElementsAre("a", "b", "ok 200text/plain"));
}

TEST_F(EdgeRepliesTest, MessageWithoutCredit_WaitsForIt) {
  auto [reply, handle] = replies_->Begin(std::nullopt, 0, Sink());
  auto sent =
      std::async(std::launch::async, [&, reply = reply.get()] { return reply->Message("a"); });
  EXPECT_EQ(sent.wait_for(20ms), std::future_status::timeout);
  replies_->Grant(handle, 1);
  EXPECT_TRUE(sent.get().ok());
}

TEST_F(EdgeRepliesTest, Cancelled_TellsTheWorkerAndFreesIt) {
  auto [reply, handle] = replies_->Begin(std::nullopt, 0, Sink());
  auto sent =
      std::async(std::launch::async, [&, reply = reply.get()] { return reply->Message("a"); });
  replies_->Cancel(handle);
  EXPECT_EQ(sent.get().code(), Code::kCancelled);
  EXPECT_TRUE(reply->call().cancel.stop_requested());
  reply->End({Code::kCancelled, "x"});
  EXPECT_THAT(got_, ElementsAre("failed 1"));
}

TEST_F(EdgeRepliesTest, Body_ComesInPiecesAndEndsOnce) {
  auto [reply, handle] = replies_->Begin(std::nullopt, 1, Sink());
  reply->Want(100);
  replies_->Send(handle, "ab", false);
  std::string taken;
  EXPECT_EQ(reply->body()->Take(taken), RequestBody::State::kMore);
  replies_->Send(handle, "c", true);
  replies_->Send(handle, "too late", false);
  EXPECT_EQ(reply->body()->Take(taken), RequestBody::State::kWhole);
  EXPECT_EQ(taken, "abc");
  EXPECT_THAT(got_, ElementsAre("wants 100"));
}

TEST_F(EdgeRepliesTest, BodyOfACancelledRequest_IsAbandoned) {
  auto [reply, handle] = replies_->Begin(std::nullopt, 1, Sink());
  replies_->Cancel(handle);
  std::string taken;
  EXPECT_EQ(reply->body()->Take(taken), RequestBody::State::kAbandoned);
}

TEST_F(EdgeRepliesTest, NoCreditInTime_IsTheDeadline) {
  auto [reply, handle] = replies_->Begin(SystemClock().Monotonic() + 10ms, 0, Sink());
  EXPECT_EQ(reply->Message("a").code(), Code::kDeadline);
}

TEST_F(EdgeRepliesTest, DroppedWithoutAnEnd_EndsAsUnavailable) {
  replies_->Begin(std::nullopt, 1, Sink());
  EXPECT_THAT(got_, ElementsAre("failed 14"));
}

TEST_F(EdgeRepliesTest, HandleAfterTheEnd_IsHarmless) {
  auto [reply, handle] = replies_->Begin(std::nullopt, 1, Sink());
  reply->End({});
  replies_->Grant(handle, 5);
  replies_->Cancel(handle);
  EXPECT_THAT(got_, ElementsAre("ok 0"));
}

TEST_F(EdgeRepliesTest, Closed_DeliversNothing) {
  auto [reply, handle] = replies_->Begin(std::nullopt, 1, Sink());
  EXPECT_TRUE(replies_->Close(5s));
  EXPECT_TRUE(reply->call().cancel.stop_requested());
  EXPECT_EQ(reply->Message("a").code(), Code::kCancelled);
  reply->End({});
  EXPECT_TRUE(got_.empty());
}

TEST_F(EdgeRepliesTest, Metadata_TakesNoCredit) {
  auto [reply, handle] = replies_->Begin(std::nullopt, 0, Sink());
  reply->Metadata(false, {{"a", "1"}});
  reply->Metadata(true, {{"b", "2"}});
  reply->End({});
  EXPECT_THAT(got_, ElementsAre("leading a=1", "trailing b=2", "ok 0"));
}

// Of before there was metadata: it knows nothing of the member, which may be anything.
TEST_F(EdgeRepliesTest, OlderEdge_IsGivenNoMetadata) {
  ns_api_sink sink = Sink();
  sink.struct_size = offsetof(ns_api_sink, on_metadata);
  auto [reply, handle] = replies_->Begin(std::nullopt, 1, sink);
  reply->Metadata(false, {{"a", "1"}});
  EXPECT_TRUE(reply->Message("m").ok());
  reply->End({});
  EXPECT_THAT(got_, ElementsAre("m", "ok 0"));
}

TEST_F(EdgeRepliesTest, Offer_IsTakenOrTellsWhenItCanBe) {
  auto [reply, handle] = replies_->Begin(std::nullopt, 1, Sink());
  int told = 0;
  EXPECT_TRUE(reply->Offer("a", [&] { ++told; }));
  EXPECT_FALSE(reply->Offer("b", [&] { ++told; }));
  EXPECT_EQ(told, 0);
  replies_->Grant(handle, 1);
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(reply->Offer("b", [&] { ++told; }));
  EXPECT_FALSE(reply->Offer("c", [&] { ++told; }));
  replies_->Cancel(handle);
  EXPECT_EQ(told, 2) << "who waits hears that nobody wants it any more";
  EXPECT_TRUE(reply->Offer("c", [&] { ++told; })) << "and is held up no longer";
  reply->End({Code::kCancelled, "x"});
  EXPECT_THAT(got_, ElementsAre("a", "b", "failed 1"));
}

}  // namespace
}  // namespace ns::plugin
