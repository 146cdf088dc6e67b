#include "host/edge_calls.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <list>
#include <thread>

#include "api/api_world.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

// What calls wait for until it opens.
class Gate {
 public:
  void Pass() {
    Lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(mutex_, [&]() NS_REQUIRES(mutex_) { return open_; });
  }
  void Open() {
    Lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool Awaited(int many) {
    Lock lock(mutex_);
    return changed_.wait_for(mutex_, 20s, [&]() NS_REQUIRES(mutex_) { return waiting_ >= many; });
  }
  int waiting() {
    Lock lock(mutex_);
    return waiting_;
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  int waiting_ NS_GUARDED_BY(mutex_) = 0;
  bool open_ NS_GUARDED_BY(mutex_) = false;
};

// Of an edge that takes what it is given, or nothing before it is waited for, and then only when
// the gate opens.
class Reply final : public plugin::ApiReply {
 public:
  explicit Reply(bool takes, Gate* gate = nullptr) : takes_(takes), gate_(gate) {}
  const ports::Call& call() const override { return call_; }
  Status Message(std::string_view message) override {
    if (gate_ != nullptr) gate_->Pass();
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
  Gate* const gate_;
  const ports::Call call_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Status> end_ NS_GUARDED_BY(mutex_);
};

// Of a host that hangs until the gate opens, with a gate of its own for one of its applications.
class HangingOutputs final : public api::Outputs {
 public:
  explicit HangingOutputs(Gate& gate) : gate_(gate) {}
  Result<std::vector<model::LogLine>> Lines(const ports::Call&, const std::string&,
                                            const ports::LogQuery& query) override {
    (query.app.str() == other ? other_gate : gate_).Pass();
    return std::vector<model::LogLine>();
  }
  std::string other;
  Gate other_gate;

 private:
  Gate& gate_;
};

// Has said a part of its answer when it fails.
class FailingReceive final : public ports::GitReceive {
 public:
  Status Create(const std::string&) override { return {}; }
  Result<bool> Has(const std::string&) override { return true; }
  Status Remove(const std::string&) override { return {}; }
  Status Tidy(const ports::Call&, const std::string&) override { return {}; }
  Result<ports::GitServed> Serve(const ports::Call& call, const std::string&,
                                 const ports::GitServing&, ports::ByteExchange& exchange) override {
    NS_TRY(exchange.Give(call, "half"));
    return Unavailable("git was killed");
  }
};

class EdgeCallsTest : public api::ApiWorld {
 protected:
  ~EdgeCallsTest() override {
    gate_.Open();
    hanging_.other_gate.Open();
  }

  std::shared_ptr<Reply> Ask(bool takes) { return Ask(std::make_shared<Reply>(takes), "GetMe"); }
  std::shared_ptr<Reply> Ask(std::shared_ptr<Reply> reply, const std::string& method,
                             const std::string& message = "", const std::string& user = "alice") {
    const api::Peer peer = Named(user);
    calls_.Invoke(
        {{false, 0, 0, 0, peer.address, peer.headers}, api::kApiService + method, message}, reply);
    return reply;
  }
  std::shared_ptr<Reply> Follow(const std::string& user, const std::string& app) {
    neoshowcase::protobuf::GetOutputStreamRequest in;
    in.set_application_id(app);
    in.mutable_begin()->set_seconds(100);
    return Ask(std::make_shared<Reply>(true), "GetOutputStream", in.SerializeAsString(), user);
  }
  std::shared_ptr<Reply> Look(const std::string& path) {
    auto reply = std::make_shared<Reply>(true);
    calls_.Raw({{}, "GET", path, ""}, reply);
    return reply;
  }

  Gate gate_;
  HangingOutputs hanging_{gate_};
  api::Dispatcher waiting_{api::TestSettings(), {store.store(), git, hanging_, clock, random}};
  metrics::Calls counted_;
  EdgeCalls calls_{waiting_, counted_, clock, 4};
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

TEST_F(EdgeCallsTest, HostThatHangs_KeepsNobodyFromReading) {
  const std::string app = MakeApp(Named("alice")).id();
  neoshowcase::protobuf::GetOutputRequest newest;
  newest.set_application_id(app);
  newest.mutable_before()->set_seconds(100);
  std::list<std::shared_ptr<Reply>> replies;
  for (int i = 0; i < 50; ++i) {
    replies.push_back(Ask(std::make_shared<Reply>(true), "GetOutput", newest.SerializeAsString()));
    replies.push_back(Follow("alice", app));
  }
  ASSERT_TRUE(gate_.Awaited(12)) << "eight calls of one person, and four streams";
  EXPECT_EQ(Ask(std::make_shared<Reply>(true), "GetRepositories")->Ended(), Status());
  EXPECT_EQ(Look("/readyz")->Ended(), Status());
  gate_.Open();
}

TEST_F(EdgeCallsTest, StreamedAnswerThatIsCut_EndsAsAFailure) {
  FailingReceive failing;
  api::Settings settings = api::TestSettings();
  settings.receive.host = "one";
  api::Parts parts = MakeParts();
  parts.received = &failing;
  api::Dispatcher receiving(std::move(settings), parts);
  EdgeCalls calls(receiving, counted_, clock, 1);
  const api::RawHeaders headers{{":path", "/git/shop/info/refs?service=git-receive-pack"}};
  const auto reply = std::make_shared<Reply>(true);
  calls.Begin({{true, 0, 0, 0, "", headers}, "GET", "/git/shop/info/refs", ""}, reply);
  EXPECT_EQ(reply->Ended().code(), Code::kUnavailable);
  EXPECT_EQ(reply->got, std::vector<std::string>{"half"});
}

TEST_F(EdgeCallsTest, StreamsOfOnePersonThatHang_LeaveThreadsToThoseOfOthers) {
  const std::string app = MakeApp(Named("alice")).id();
  const auto repository = MakeRepository(Named("bob"), "https://git.test/b/other.git");
  hanging_.other = Call<neoshowcase::protobuf::Application>(Named("bob"), "CreateApplication",
                                                            NewApp(repository, "other.apps.test"))
                       .value()
                       .id();
  std::list<std::shared_ptr<Reply>> replies;
  for (int i = 0; i < 80; ++i) replies.push_back(Follow("alice", app));
  ASSERT_TRUE(gate_.Awaited(4));
  for (int i = 0; i < 80; ++i) replies.push_back(Follow("bob", hanging_.other));
  EXPECT_TRUE(hanging_.other_gate.Awaited(4));
  EXPECT_EQ(gate_.waiting(), 4) << "half of the threads";
}

TEST_F(EdgeCallsTest, WhereEveryThreadIsHeld_HealthIsTold) {
  std::list<std::shared_ptr<Reply>> replies;
  for (int i = 0; i < 100; ++i)
    replies.push_back(Ask(std::make_shared<Reply>(false, &gate_), "GetRepositories"));
  ASSERT_TRUE(gate_.Awaited(64));
  for (const char* path : {"/healthz", "/readyz", "/metrics"})
    EXPECT_EQ(Look(path)->Ended(), Status()) << path;
  EXPECT_FALSE(Ask(std::make_shared<Reply>(true), "GetRepositories")->ended());
  gate_.Open();
}

}  // namespace
}  // namespace ns::host
