#include "host/stream_pump.h"

#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <vector>

namespace ns::host {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// Takes messages while it has credit.
class Reply final : public plugin::ApiReply {
 public:
  explicit Reply(int credit, std::optional<Duration> deadline = std::nullopt) : credit_(credit) {
    call_ = {stop_.get_token(), deadline};
  }
  const ports::Call& call() const override { return call_; }
  Status Message(std::string_view) override { return Internal("waits for nobody"); }
  bool Offer(std::string_view message, std::function<void()> more) override {
    Lock lock(mutex_);
    ++offers_;
    if (credit_ == 0) {
      more_ = std::move(more);
      return false;
    }
    --credit_;
    got_.emplace_back(message);
    changed_.notify_all();
    return true;
  }
  void Metadata(bool, const plugin::ApiMetadata&) override {}
  void End(const Status& outcome, int, const std::string&) override {
    Lock lock(mutex_);
    end_ = outcome;
    changed_.notify_all();
  }

  void Grant(int credit) {
    std::function<void()> more;
    {
      Lock lock(mutex_);
      credit_ += credit;
      more.swap(more_);
    }
    if (more) more();
  }
  void Cancel() { stop_.request_stop(); }
  // What it has, once there is as much, or the end.
  std::vector<std::string> Got(size_t count) {
    Lock lock(mutex_);
    changed_.wait_for(mutex_, 20s,
                      [&]() NS_REQUIRES(mutex_) { return got_.size() >= count || end_; });
    return got_;
  }
  Status Ended() {
    Lock lock(mutex_);
    changed_.wait_for(mutex_, 20s, [&]() NS_REQUIRES(mutex_) { return end_.has_value(); });
    return end_.value_or(Internal("it goes on"));
  }
  int offers() {
    Lock lock(mutex_);
    return offers_;
  }
  bool goes_on() {
    Lock lock(mutex_);
    return !end_;
  }

 private:
  std::stop_source stop_;
  ports::Call call_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  int credit_ NS_GUARDED_BY(mutex_), offers_ NS_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> got_ NS_GUARDED_BY(mutex_);
  std::function<void()> more_ NS_GUARDED_BY(mutex_);
  std::optional<Status> end_ NS_GUARDED_BY(mutex_);
};

// What a test puts in.
struct Source {
  void Put(api::Piece piece) {
    Lock lock(mutex);
    pieces.push_back(std::move(piece));
  }
  std::string user;  // for whom it asks somebody else, who hangs until let go; empty: it does not
  std::atomic<bool> let_go = false;
  Mutex mutex;
  std::vector<api::Piece> pieces NS_GUARDED_BY(mutex);
  int looks NS_GUARDED_BY(mutex) = 0;
};

class FromSource final : public api::Stream {
 public:
  FromSource(std::shared_ptr<Source> source, std::string awaits, Duration interval)
      : source_(std::move(source)), awaits_(std::move(awaits)), interval_(interval) {}
  Result<api::Piece> Next(const ports::Call&) override {
    if (!source_->user.empty()) source_->let_go.wait(false);
    Lock lock(source_->mutex);
    ++source_->looks;
    if (source_->pieces.empty()) return api::Piece();
    api::Piece piece = std::move(source_->pieces.front());
    source_->pieces.erase(source_->pieces.begin());
    return piece;
  }
  std::string awaits() const override { return awaits_; }
  Duration interval() const override { return interval_; }
  std::string waits_for_others() const override { return source_->user; }

 private:
  const std::shared_ptr<Source> source_;
  const std::string awaits_;
  const Duration interval_;
};

class StreamPumpTest : public testing::Test {
 protected:
  std::shared_ptr<Reply> Begin(const std::shared_ptr<Source>& source, int credit,
                               Duration interval = 1h,
                               std::optional<Duration> deadline = std::nullopt) {
    auto reply = std::make_shared<Reply>(credit, deadline);
    pump_->Begin(std::make_unique<FromSource>(source, "a", interval), reply);
    return reply;
  }
  static int Looks(Source& source) {
    Lock lock(source.mutex);
    return source.looks;
  }
  // One that has ended is forgotten a moment later.
  void AwaitOpen(size_t count) {
    for (int i = 0; i < 2000 && pump_->open() != count; ++i) std::this_thread::sleep_for(10ms);
    EXPECT_EQ(pump_->open(), count);
  }
  void AwaitLooks(Source& source, int count) {
    for (int i = 0; i < 2000 && Looks(source) < count; ++i) std::this_thread::sleep_for(10ms);
    ASSERT_GE(Looks(source), count);
  }

  StreamPumpTest() { pump_.emplace(pool_, asking_, 1, SystemClock()); }
  ~StreamPumpTest() override { pump_->Stop(); }

  std::optional<StreamPump> pump_;
  act::WorkerPool pool_{2}, asking_{2};  // last: what they do uses the pump
};

TEST_F(StreamPumpTest, WhatThereIs_IsGivenInOrderWithItsEnd) {
  const auto source = std::make_shared<Source>();
  source->Put({{"a", "b"}, false});
  source->Put({{"c"}, true});
  const auto reply = Begin(source, 10);
  EXPECT_EQ(reply->Ended(), Status());
  EXPECT_THAT(reply->Got(3), ElementsAre("a", "b", "c"));
}

TEST_F(StreamPumpTest, Hint_BringsWhatHasComeToThoseWhoAwaitIt) {
  const auto source = std::make_shared<Source>(), other = std::make_shared<Source>();
  const auto reply = Begin(source, 10);
  AwaitLooks(*source, 1);
  source->Put({{"a"}, false});
  pump_->OnMore("b");
  pump_->OnMore("a");
  EXPECT_THAT(reply->Got(1), ElementsAre("a"));
  EXPECT_TRUE(reply->goes_on());
  EXPECT_EQ(pump_->open(), 1u);
}

TEST_F(StreamPumpTest, LostHint_IsMadeUpForAfterTheInterval) {
  const auto source = std::make_shared<Source>();
  const auto reply = Begin(source, 10, 20ms);
  AwaitLooks(*source, 1);
  source->Put({{"a"}, true});
  EXPECT_EQ(reply->Ended(), Status());
  EXPECT_THAT(reply->Got(1), ElementsAre("a"));
}

TEST_F(StreamPumpTest, EdgeThatCanTakeNoMore_IsNotReadAheadFor) {
  const auto source = std::make_shared<Source>();
  for (int i = 0; i < 5; ++i) source->Put({{std::to_string(i)}, i == 4});
  const auto reply = Begin(source, 2);
  EXPECT_THAT(reply->Got(2), ElementsAre("0", "1"));
  AwaitLooks(*source, 3);
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(Looks(*source), 3) << "one message waits, and no more is asked for";
  reply->Grant(10);
  EXPECT_EQ(reply->Ended(), Status());
  EXPECT_THAT(reply->Got(5), ElementsAre("0", "1", "2", "3", "4"));
}

TEST_F(StreamPumpTest, CancelledOne_EndsAtOnceWhereverItWaits) {
  const auto idle = std::make_shared<Source>(), blocked = std::make_shared<Source>();
  blocked->Put({{"a"}, false});
  const auto first = Begin(idle, 10), second = Begin(blocked, 0);
  AwaitLooks(*idle, 1);
  AwaitLooks(*blocked, 1);
  first->Cancel();
  second->Cancel();
  EXPECT_EQ(first->Ended().code(), Code::kCancelled);
  EXPECT_EQ(second->Ended().code(), Code::kCancelled);
  AwaitOpen(0);
}

TEST_F(StreamPumpTest, Deadline_EndsIt) {
  const auto source = std::make_shared<Source>();
  const auto reply = Begin(source, 10, 1h, SystemClock().Monotonic() + 30ms);
  EXPECT_EQ(reply->Ended().code(), Code::kDeadline);
}

TEST_F(StreamPumpTest, DeadlineWhileTheEdgeTakesNothing_EndsItAtOnce) {
  const auto source = std::make_shared<Source>();
  source->Put({{"a"}, true});
  const auto reply = Begin(source, 0, 1h, SystemClock().Monotonic() + 30ms);
  EXPECT_EQ(reply->Ended().code(), Code::kDeadline);
  EXPECT_TRUE(reply->Got(0).empty());
  EXPECT_LE(reply->offers(), 1) << "as it came, and not again and again";
  AwaitOpen(0);
}

TEST_F(StreamPumpTest, ThousandIdleOnes_HoldNoThread) {
  std::vector<std::shared_ptr<Reply>> replies;
  const auto idle = std::make_shared<Source>();
  for (int i = 0; i < 1000; ++i) replies.push_back(Begin(idle, 10));
  AwaitLooks(*idle, 1000);
  const auto source = std::make_shared<Source>();
  source->Put({{"a"}, true});
  EXPECT_EQ(Begin(source, 1)->Ended(), Status()) << "two threads serve them all";
  AwaitOpen(1000);
}

TEST_F(StreamPumpTest, WhereSomebodyHangs_OnlyThoseWhoAskThemWait) {
  const auto hung = std::make_shared<Source>(), source = std::make_shared<Source>();
  hung->user = "alice";
  std::vector<std::shared_ptr<Reply>> waiting;
  for (int i = 0; i < 10; ++i) {
    hung->Put({{"a"}, true});
    waiting.push_back(Begin(hung, 1));
  }
  source->Put({{"b"}, true});
  EXPECT_EQ(Begin(source, 1)->Ended(), Status());
  EXPECT_EQ(Looks(*hung), 0);
  hung->let_go = true;
  hung->let_go.notify_all();
  for (const auto& reply : waiting) EXPECT_EQ(reply->Ended(), Status()) << "each has its turn";
}

TEST_F(StreamPumpTest, WhereSomebodyHangs_OneUserHoldsTheirShareAlone) {
  const auto hung = std::make_shared<Source>(), answers = std::make_shared<Source>();
  hung->user = "alice";
  answers->user = "bob";
  answers->let_go = true;
  std::vector<std::shared_ptr<Reply>> waiting, others;
  for (int i = 0; i < 10; ++i) {
    hung->Put({{"a"}, true});
    waiting.push_back(Begin(hung, 1));
  }
  for (int i = 0; i < 3; ++i) {
    answers->Put({{"b"}, true});
    others.push_back(Begin(answers, 1));
  }
  for (const auto& reply : others) EXPECT_EQ(reply->Ended(), Status()) << "a thread is left";
  EXPECT_EQ(Looks(*hung), 0);
  hung->let_go = true;
  hung->let_go.notify_all();
  for (const auto& reply : waiting) EXPECT_EQ(reply->Ended(), Status()) << "each has its turn";
  const auto first = Begin(hung, 1, 10ms), second = Begin(hung, 1, 10ms);
  AwaitLooks(*hung, 30);
  EXPECT_TRUE(first->goes_on() && second->goes_on()) << "and gives it back each time";
}

}  // namespace
}  // namespace ns::host
