#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "act/hints.h"
#include "act/log_writer.h"
#include "act/worker_pool.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::StartsWith;

TEST(WorkerPool, RunsAllOnAtMostTheLimit) {
  std::atomic<int> now = 0, most = 0, done = 0;
  std::latch all(200);
  WorkerPool pool(3);
  for (int i = 0; i < 200; ++i) {
    pool.Submit([&] {
      const int at_once = ++now;
      int seen = most;
      while (at_once > seen && !most.compare_exchange_weak(seen, at_once)) {
      }
      std::this_thread::sleep_for(100us);
      --now;
      ++done;
      all.count_down();
    });
  }
  all.wait();
  EXPECT_EQ(done, 200);
  EXPECT_LE(most, 3);
}

TEST(WorkerPool, Destructor_WaitsForWhatRuns_DropsTheRest) {
  std::atomic<int> done = 0;
  std::latch begun(1);
  {
    WorkerPool pool(1);
    pool.Submit([&] {
      begun.count_down();
      std::this_thread::sleep_for(20ms);
      ++done;
    });
    pool.Submit([&] { done += 100; });
    begun.wait();
  }
  EXPECT_EQ(done, 1);
}

// Keeps the log of one build; fails as told.
class OneLog final : public ports::BuildDesk {
 public:
  Result<int64_t> AppendLog(const ports::Call&, const ports::Claim&, int64_t offset,
                            std::string_view bytes) override {
    return state_.With([&](State& state) -> Result<int64_t> {
      ++state.calls;
      if (state.failures > 0) {
        --state.failures;
        return Unavailable("no database");
      }
      if (state.stale) return Stale("token");
      const auto end = static_cast<int64_t>(state.text.size());
      if (offset > end) return end;
      const auto known = static_cast<size_t>(end - offset);
      if (known < bytes.size()) state.text += bytes.substr(known);
      if (bytes.empty() || !std::exchange(state.lose_answer, false))
        return static_cast<int64_t>(state.text.size());
      return Unavailable("the answer was lost");
    });
  }
  Result<std::vector<model::Build>> Claimed(const ports::Call&) override { return Internal(""); }
  Result<std::vector<Status>> Renew(const ports::Call&, const std::vector<ports::Claim>&) override {
    return Internal("");
  }
  Result<ports::BuildOrder> Order(const ports::Call&, const ports::Claim&) override {
    return Internal("");
  }
  Status Phase(const ports::Call&, const ports::Claim&, const std::string&,
               const std::string&) override {
    return Internal("");
  }
  Result<model::Image> PutArtifact(const ports::Call&, const ports::Claim&, const ports::Digest&,
                                   const ports::ObjectSource&) override {
    return Internal("");
  }
  Status Settle(const ports::Call&, const ports::Claim&, const model::BuildResult&) override {
    return Internal("");
  }
  Result<std::optional<ports::DetectionOrder>> TakeDetection(const ports::Call&) override {
    return std::optional<ports::DetectionOrder>();
  }
  Status AnswerDetection(const ports::Call&, const ports::DetectionClaim&,
                         const ports::DetectionAnswer&) override {
    return {};
  }

  void Hold(const std::string& text) {
    state_.With([&](State& state) { state.text = text; });
  }
  void LoseAnAnswer() {
    state_.With([&](State& state) { state.lose_answer = true; });
  }
  void FailTimes(int times) {
    state_.With([&](State& state) { state.failures = times; });
  }
  void TurnStale() {
    state_.With([&](State& state) { state.stale = true; });
  }
  std::string text() {
    return state_.With([](State& state) { return state.text; });
  }
  int calls() {
    return state_.With([](State& state) { return state.calls; });
  }

 private:
  struct State {
    std::string text;
    int calls = 0, failures = 0;
    bool stale = false, lose_answer = false;
  };
  Guarded<State> state_;
};

TEST(LogWriter, ManySmallWrites_FewChunks_NothingLost) {
  OneLog store;
  std::string expected;
  {
    LogWriter writer(store, {BuildId("b"), "token"});
    for (int i = 0; i < 20000; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      expected += line;
      writer.Write(line);
    }
  }
  EXPECT_EQ(store.text(), expected);
  EXPECT_LT(store.calls(), 100);
}

TEST(LogWriter, StoreAwayForAWhile_NothingLost) {
  OneLog store;
  store.FailTimes(2);
  {
    LogWriter writer(store, {BuildId("b"), "token"});
    writer.Write("first\n");
    writer.Write("second\n");
  }
  EXPECT_EQ(store.text(), "first\nsecond\n");
}

TEST(LogWriter, AnswerLost_NothingTwice) {
  OneLog store;
  store.LoseAnAnswer();
  {
    LogWriter writer(store, {BuildId("b"), "token"});
    writer.Write("first\n");
    std::this_thread::sleep_for(300ms);  // it is on its way
    writer.Write("second\n");
  }
  EXPECT_EQ(store.text(), "first\nsecond\n");
}

TEST(LogWriter, LogOfAnEarlierAttempt_GoesOnBehind) {
  OneLog store;
  store.Hold("attempt 1\n");
  { LogWriter(store, {BuildId("b"), "token"}).Write("attempt 2\n"); }
  EXPECT_EQ(store.text(), "attempt 1\nattempt 2\n");
}

TEST(LogWriter, StoreThatLostItsTail_GoesOnWhereItEnds) {
  OneLog store;
  {
    LogWriter writer(store, {BuildId("b"), "token"});
    writer.Write("first\n");
    while (store.text().empty()) std::this_thread::sleep_for(1ms);
    store.Hold("fi");
    writer.Write("second\n");
  }
  EXPECT_EQ(store.text(), "fisecond\n");
}

TEST(LogWriter, ClaimLost_TellsAndBlocksNobody) {
  OneLog store;
  store.TurnStale();
  LogWriter writer(store, {BuildId("b"), "token"});
  for (int i = 0; i < 100; ++i) writer.Write(std::string(64 << 10, 'x'));
  while (!writer.lost()) std::this_thread::sleep_for(1ms);
  writer.Write("more");
  EXPECT_EQ(store.text(), "");
}

TEST(LogWriter, LongerThanTheLimit_CutWithOneLineThatSaysSo) {
  OneLog store;
  {
    LogWriter writer(store, {BuildId("b"), "token"}, 10);
    for (int i = 0; i < 5; ++i) writer.Write("123456");
  }
  EXPECT_THAT(store.text(), StartsWith("1234561234\n--"));
  EXPECT_THAT(store.text(), EndsWith("left out --\n"));
}

TEST(Hints, EachKindWakesItsLoops) {
  using ports::Hint;
  using reconcile::LoopId;
  EXPECT_EQ(WakesFor({Hint::Kind::kRepository, "r"}),
            (std::vector<reconcile::Wake>{{LoopId::kFetcher, "r"}}));
  EXPECT_EQ(WakesFor({Hint::Kind::kApplication, "a"}),
            (std::vector<reconcile::Wake>{{LoopId::kRegisterer, "a"}, {LoopId::kReleaser, "a"}}));
  EXPECT_EQ(WakesFor({Hint::Kind::kQueue, ""}).size(), 2u);
  EXPECT_EQ(
      WakesFor({Hint::Kind::kSite, "a"}),
      (std::vector<reconcile::Wake>{{LoopId::kSynchronizer, "a", reconcile::Urgency::kPrompt}}))
      << "which waited for a host to have it";
  EXPECT_TRUE(WakesFor({Hint::Kind::kBuildLog, "b"}).empty());
}

}  // namespace
}  // namespace ns::act
