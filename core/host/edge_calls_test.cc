#include "host/edge_calls.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

#include "api/api_world.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

// Of an edge that takes what it is given, or nothing before it is waited for.
class Reply final : public plugin::ApiReply {
 public:
  explicit Reply(bool takes) : takes_(takes) {}
  const ports::Call& call() const override { return call_; }
  Status Message(std::string_view message) override {
    Lock lock(mutex_);
    waited_for = std::this_thread::get_id();
    got.emplace_back(message);
    return {};
  }
  bool Offer(std::string_view message, std::function<void()>) override {
    Lock lock(mutex_);
    if (takes_) got.emplace_back(message);
    return takes_;
  }
  void Metadata(bool, const plugin::ApiMetadata&) override {}
  void End(const Status& outcome, int, const std::string&) override {
    Lock lock(mutex_);
    end_ = outcome;
    changed_.notify_all();
  }
  bool ended() {
    Lock lock(mutex_);
    return end_.has_value();
  }
  Status Ended() {
    Lock lock(mutex_);
    changed_.wait_for(mutex_, 20s, [&]() NS_REQUIRES(mutex_) { return end_.has_value(); });
    return end_.value_or(Internal("it goes on"));
  }

  std::vector<std::string> got;
  std::thread::id waited_for;

 private:
  const bool takes_;
  const ports::Call call_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Status> end_ NS_GUARDED_BY(mutex_);
};

class EdgeCallsTest : public api::ApiWorld {
 protected:
  std::shared_ptr<Reply> Ask(bool takes) {
    auto reply = std::make_shared<Reply>(takes);
    const api::Peer peer = Named("alice");
    calls_.Invoke(
        {{false, 0, 0, 0, peer.address, peer.headers}, std::string(api::kApiService) + "GetMe", ""},
        reply);
    return reply;
  }

  metrics::Calls counted_;
  EdgeCalls calls_{*dispatcher.operator->(), counted_, clock, 4};
};

TEST_F(EdgeCallsTest, WhatWaitsForNothing_IsAnsweredAtOnce) {
  EXPECT_EQ(Ask(true)->Ended(), Status()) << "who is not known yet is looked up elsewhere";
  const auto reply = Ask(true);
  EXPECT_TRUE(reply->ended());
  ASSERT_EQ(reply->got.size(), 1U);
  neoshowcase::protobuf::User user;
  EXPECT_TRUE(user.ParseFromString(reply->got[0]));
  EXPECT_EQ(user.name(), "alice");
}

TEST_F(EdgeCallsTest, EdgeThatTakesNothingYet_IsWaitedForElsewhere) {
  EXPECT_EQ(Ask(true)->Ended(), Status());
  const auto reply = Ask(false);
  EXPECT_EQ(reply->Ended(), Status());
  EXPECT_EQ(reply->got.size(), 1U);
  EXPECT_NE(reply->waited_for, std::this_thread::get_id());
}

}  // namespace
}  // namespace ns::host
