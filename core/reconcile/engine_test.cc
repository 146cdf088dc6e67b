#include "reconcile/engine.h"

#include <gtest/gtest.h>

namespace ns::reconcile {
namespace {

using namespace std::chrono_literals;

// One effect per pass; ends with what the effect gave.
class OneStepPass final : public Pass {
 public:
  explicit OneStepPass(Key key) : key_(std::move(key)) {}
  Step Begin() override { return Effect(LoadApp{AppId(key_)}); }
  Step Next(Outcome outcome) override { return Finished{outcome.status(), {}, std::nullopt}; }

 private:
  Key key_;
};

class OneStepLoop final : public Loop {
 public:
  LoopId id() const override { return LoopId::kRegisterer; }
  std::unique_ptr<Pass> NewPass(const Key& key) override {
    return std::make_unique<OneStepPass>(key);
  }
};

class EngineTest : public testing::Test {
 protected:
  EngineTest() : engine_(random_) { engine_.Add(std::make_unique<OneStepLoop>(), {3min, 2, true}); }

  static Wake For(const Key& key, Urgency urgency = Urgency::kPrompt) {
    return {LoopId::kRegisterer, key, urgency};
  }
  static std::vector<Request> Requests(const Commands& commands) {
    std::vector<Request> out;
    for (const Command& command : commands) {
      if (const auto* request = std::get_if<Request>(&command)) out.push_back(*request);
    }
    return out;
  }
  // Answers the first relist with `keys` and gives what it starts.
  Commands List(Keys keys, Duration now) {
    const auto requests = Requests(engine_.Tick(now));
    return engine_.Done(requests.at(0).ticket, Outcome(Answer(std::move(keys))), now);
  }
  Commands Succeed(Ticket ticket, Duration now) {
    return engine_.Done(ticket, Outcome(Answer()), now);
  }
  Commands Fail(Ticket ticket, Duration now) {
    return engine_.Done(ticket, Outcome(Unavailable("down")), now);
  }

  SeededRandom random_{1};
  Engine engine_;
};

TEST_F(EngineTest, HintsOfOneKey_AreMergedIntoOnePassAtATime) {
  const auto first = Requests(engine_.Hint(For("a"), 1s));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(engine_.Hint(For("a"), 1s).empty());
  EXPECT_TRUE(engine_.Hint(For("a"), 1s).empty());
  const auto second = Requests(Succeed(first[0].ticket, 2s));
  ASSERT_EQ(second.size(), 1u) << "one more look for both hints";
  EXPECT_TRUE(Succeed(second[0].ticket, 3s).empty());
  EXPECT_EQ(engine_.waiting(), 0u);
}

TEST_F(EngineTest, RelistDuringAPass_StartsNoSecondPassOfThatKey) {
  const auto listing = Requests(engine_.Tick(0s));
  ASSERT_EQ(listing.size(), 1u);
  const auto pass = Requests(engine_.Hint(For("a"), 0s));
  ASSERT_EQ(pass.size(), 1u);
  EXPECT_TRUE(Requests(engine_.Done(listing[0].ticket, Outcome(Answer(Keys{"a"})), 0s)).empty());
  EXPECT_TRUE(Requests(engine_.Tick(1min)).empty());
  const auto again = Requests(Succeed(pass[0].ticket, 1min));
  ASSERT_EQ(again.size(), 1u) << "the relist's look comes after the pass";
  EXPECT_TRUE(Succeed(again[0].ticket, 1min).empty());
}

TEST_F(EngineTest, InFlight_IsBounded) {
  EXPECT_EQ(Requests(engine_.Hint(For("a"), 1s)).size(), 1u);
  const auto b = Requests(engine_.Hint(For("b"), 1s));
  EXPECT_EQ(b.size(), 1u);
  EXPECT_TRUE(engine_.Hint(For("c"), 1s).empty());
  const auto c = Requests(Succeed(b[0].ticket, 1s));
  ASSERT_EQ(c.size(), 1u);
  EXPECT_EQ(c[0].key, "c");
}

TEST_F(EngineTest, Relist_FindsKeysThatNoHintNamed) {
  const auto started = Requests(List({"a"}, 0s));
  const auto due = started.empty() ? Requests(engine_.Tick(engine_.NextDue())) : started;
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].key, "a");
  Succeed(due[0].ticket, 1s);
  EXPECT_EQ(engine_.NextDue(), Duration(3min));
}

TEST_F(EngineTest, FailedRelist_IsTriedAgainSoon) {
  const auto requests = Requests(engine_.Tick(0s));
  Fail(requests.at(0).ticket, 1s);
  EXPECT_LE(engine_.NextDue(), Duration(4s));
}

TEST_F(EngineTest, Failure_BacksOffAndHintsDoNotCutItShort) {
  List({}, 0s);
  Ticket ticket = Requests(engine_.Hint(For("a"), 0s)).at(0).ticket;
  Duration now = 0s, before = 0s;
  for (int i = 0; i < 5; ++i) {
    Fail(ticket, now);
    EXPECT_TRUE(engine_.Hint(For("a", Urgency::kHint), now).empty());
    const Duration wait = engine_.NextDue() - now;
    EXPECT_GE(wait, BackOff(i + 1));
    EXPECT_GT(wait, before);
    before = wait;
    now = engine_.NextDue();
    ticket = Requests(engine_.Tick(now)).at(0).ticket;
  }
}

TEST_F(EngineTest, Prompt_EndsABackOff) {
  const Ticket ticket = Requests(engine_.Hint(For("a"), 1s)).at(0).ticket;
  Fail(ticket, 1s);
  EXPECT_EQ(Requests(engine_.Hint(For("a", Urgency::kPrompt), 1s)).size(), 1u);
}

TEST_F(EngineTest, Interrupt_CancelsWhatIsUnderWayAndLooksAgain) {
  const Ticket ticket = Requests(engine_.Hint(For("a"), 1s)).at(0).ticket;
  const Commands commands = engine_.Hint(For("a", Urgency::kInterrupt), 1s);
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(std::get<Cancel>(commands[0]).ticket, ticket);
  EXPECT_EQ(Requests(engine_.Done(ticket, Outcome(Status(Code::kCancelled, "")), 1s)).size(), 1u);
}

TEST_F(EngineTest, GoneThing_IsForgotten) {
  const Ticket ticket = Requests(engine_.Hint(For("a"), 1s)).at(0).ticket;
  engine_.Done(ticket, Outcome(NotFound("a")), 1s);
  EXPECT_EQ(engine_.waiting(), 0u);
}

TEST_F(EngineTest, UnknownTicketAndLoop_AreIgnored) {
  EXPECT_TRUE(engine_.Done(99, Outcome(Answer()), 1s).empty());
  EXPECT_TRUE(engine_.Hint({LoopId::kFetcher, "a"}, 1s).empty());
}

TEST(BackOff, DoublesUpToFiveMinutes) {
  EXPECT_EQ(BackOff(1), Duration(1s));
  EXPECT_EQ(BackOff(3), Duration(4s));
  EXPECT_EQ(BackOff(50), Duration(5min));
}

}  // namespace
}  // namespace ns::reconcile
