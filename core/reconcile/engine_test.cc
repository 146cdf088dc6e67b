#include "reconcile/engine.h"

#include <gmock/gmock.h>

#include <set>
#include <stdexcept>

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
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook&) override {
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
  EXPECT_TRUE(Requests(engine_.Done(listing[0].ticket, Outcome(Answer(Keys{{"a"}})), 0s)).empty());
  EXPECT_TRUE(Requests(engine_.Tick(1min)).empty());
  const auto again = Requests(Succeed(pass[0].ticket, 1min));
  ASSERT_EQ(again.size(), 1u) << "the relist's look comes after the pass";
  EXPECT_TRUE(Succeed(again[0].ticket, 1min).empty());
}

TEST_F(EngineTest, FloodOfHints_IsOneLookAfterEachRest) {
  Engine engine(random_);
  engine.Add(std::make_unique<OneStepLoop>(), {.period = 0s, .keyed = false, .rest = 100ms});
  const auto first = Requests(engine.Hint(For(kQueueKey), 1s));
  ASSERT_EQ(first.size(), 1u) << "the first is not held up";
  EXPECT_TRUE(engine.Hint(For(kQueueKey), 1s).empty());
  EXPECT_TRUE(engine.Done(first[0].ticket, Outcome(Answer()), 1010ms).empty());
  EXPECT_TRUE(engine.Hint(For(kQueueKey), 1050ms).empty());
  EXPECT_EQ(engine.NextDue(), 1110ms);
  const auto second = Requests(engine.Tick(1110ms));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_TRUE(engine.Done(second[0].ticket, Outcome(Answer()), 1111ms).empty());
  EXPECT_EQ(Requests(engine.Hint(For(kQueueKey), 1211ms)).size(), 1u);
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
  const auto started = Requests(List({{"a"}}, 0s));
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

TEST_F(EngineTest, FailuresOfPassesThatWereAskedFor_DoNotLengthenTheWait) {
  // Ten pushes during an outage of ten seconds: the next look is within as long again, and not
  // minutes later.
  List({}, 0s);
  Ticket ticket = Requests(engine_.Hint(For("a"), 0s)).at(0).ticket;
  Duration now = 0s;
  for (; now < 10s; now += 1s) {
    Fail(ticket, now);
    ticket = Requests(engine_.Hint(For("a"), now)).at(0).ticket;
  }
  engine_.Hint(For("a"), now);  // during the pass
  ticket = Requests(engine_.Done(ticket, Outcome(Unavailable("down")), now)).at(0).ticket;
  Fail(ticket, now);
  EXPECT_LE(engine_.NextDue() - now, 2 * BackOff(1));
  // Left alone, it waits longer each time.
  for (int failures = 2; failures < 5; ++failures) {
    now = engine_.NextDue();
    Fail(Requests(engine_.Tick(now)).at(0).ticket, now);
    EXPECT_GE(engine_.NextDue() - now, BackOff(failures));
  }
  now = engine_.NextDue();
  Succeed(Requests(engine_.Tick(now)).at(0).ticket, now);
  Fail(Requests(engine_.Hint(For("a"), now)).at(0).ticket, now);
  EXPECT_GE(engine_.NextDue() - now, BackOff(1)) << "after a success it begins anew";
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

// Two loops that must not be at one key at once; passes end settled at version 4.
class SettledPass final : public Pass {
 public:
  explicit SettledPass(Key key) : key_(std::move(key)) {}
  Step Begin() override { return Effect(LoadApp{AppId(key_)}); }
  Step Next(Outcome outcome) override {
    if (!outcome.ok()) return Failed(outcome.status());
    return Settled(4);
  }

 private:
  const Key key_;
};

class SettledLoop final : public Loop {
 public:
  explicit SettledLoop(LoopId id) : id_(id) {}
  LoopId id() const override { return id_; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook&) override {
    return std::make_unique<SettledPass>(key);
  }
  const char* condition() const override { return "Deploy"; }

 private:
  const LoopId id_;
};

class PairTest : public EngineTest {
 protected:
  PairTest() {
    LoopOptions options{.period = 3min, .in_flight = 2, .keyed = true};
    options.apart_from = {LoopId::kObserver};
    engine_.Add(std::make_unique<SettledLoop>(LoopId::kSynchronizer), options);
    options.apart_from = {LoopId::kSynchronizer};
    engine_.Add(std::make_unique<SettledLoop>(LoopId::kObserver), options);
  }
  // The requests of one loop alone.
  static std::vector<Request> Of(LoopId loop, const Commands& commands) {
    std::vector<Request> out = Requests(commands);
    std::erase_if(out, [&](const Request& request) { return request.loop != loop; });
    return out;
  }
  // A relist of the synchronizer that gives `keys`, and what it starts.
  std::vector<Request> Relist(Keys keys, Duration now) {
    engine_.Hint({LoopId::kSynchronizer, kEveryKey}, now);
    const auto lists = Of(LoopId::kSynchronizer, engine_.Tick(now));
    EXPECT_EQ(lists.size(), 1u);
    auto started = engine_.Done(lists.at(0).ticket, Outcome(Answer(std::move(keys))), now);
    for (Command& command : engine_.Tick(now + 1s)) started.push_back(std::move(command));
    return Of(LoopId::kSynchronizer, started);
  }
};

TEST_F(PairTest, SettledKey_IsPassedOverWhileItsVersionIsTheSame) {
  const auto first = Relist({{"a", 4}}, 10s);
  ASSERT_EQ(first.size(), 1u);
  Succeed(first[0].ticket, 11s);
  EXPECT_TRUE(Relist({{"a", 4}}, 20s).empty());
  const auto moved = Relist({{"a", 5}}, 30s);
  ASSERT_EQ(moved.size(), 1u);
  Succeed(moved[0].ticket, 31s);
  EXPECT_EQ(Relist({{"a", 0}}, 40s).size(), 1u) << "an unknown version is looked at";
}

TEST_F(PairTest, SettledKey_ThatLeftTheList_IsLookedAtWhenItComesBack) {
  const auto first = Relist({{"a", 4}}, 10s);
  Succeed(first.at(0).ticket, 11s);
  EXPECT_TRUE(Relist({}, 20s).empty());
  EXPECT_EQ(Relist({{"a", 4}}, 30s).size(), 1u) << "another host held it meanwhile";
}

TEST_F(PairTest, WokenDuringThePass_IsNotSettled) {
  const auto first = Relist({{"a", 4}}, 10s);
  engine_.Hint({LoopId::kSynchronizer, "a", Urgency::kHint}, 11s);
  const auto again = Requests(Succeed(first.at(0).ticket, 12s));
  ASSERT_EQ(again.size(), 1u);
  Succeed(again[0].ticket, 13s);
  EXPECT_TRUE(Relist({{"a", 4}}, 20s).empty());
}

TEST_F(PairTest, Later_IsLookedAtWithTheNextRelist) {
  Succeed(Relist({{"a", 4}}, 10s).at(0).ticket, 11s);
  EXPECT_TRUE(engine_.Hint({LoopId::kSynchronizer, "a", Urgency::kLater}, 12s).empty());
  EXPECT_EQ(Relist({{"a", 4}}, 20s).size(), 1u);
}

TEST_F(PairTest, PassThatFails_IsNotSettledAtWhatWasBefore) {
  Succeed(Relist({{"a", 4}}, 10s).at(0).ticket, 11s);
  const auto woken = Requests(engine_.Hint({LoopId::kSynchronizer, "a", Urgency::kHint}, 12s));
  engine_.Done(woken.at(0).ticket, Outcome(Status(Code::kNotFound, "")), 13s);
  EXPECT_EQ(Relist({{"a", 4}}, 20s).size(), 1u);
}

// Tells what was passed over, and looks at every key where it shall.
class TellingPass final : public Pass {
 public:
  TellingPass(Key key, bool unchanged) : key_(std::move(key)), unchanged_(unchanged) {}
  Step Begin() override { return Effect(LoadApp{AppId(key_)}); }
  Step Next(Outcome outcome) override {
    Finished finished = outcome.ok() ? Settled(4) : Failed(outcome.status());
    finished.unchanged = unchanged_;
    return finished;
  }

 private:
  const Key key_;
  const bool unchanged_;
};

class TellingLoop final : public Loop {
 public:
  TellingLoop(bool always, std::vector<Key>& forgotten) : always_(always), forgotten_(forgotten) {}
  LoopId id() const override { return LoopId::kSynchronizer; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook& outlook) override {
    return std::make_unique<TellingPass>(key, outlook.unchanged);
  }
  bool always_looks() const override { return always_; }
  std::optional<Effect> Told(std::vector<model::Versioned> keys, const Outlook&) override {
    TouchConditions touch{model::Subject::kApplication, {}, {}, {}};
    for (const model::Versioned& one : keys) touch.ids.push_back(one.key);
    return touch;
  }
  void Forget(const Key& key) override { forgotten_.push_back(key); }

 private:
  const bool always_;
  std::vector<Key>& forgotten_;
};

class TellingTest : public PairTest {
 protected:
  void Use(bool always_looks) {
    engine_.Add(std::make_unique<TellingLoop>(always_looks, forgotten_),
                {.period = 3min, .in_flight = 2});
  }
  static std::vector<std::string> Told(const Request& request) {
    const auto* touch = std::get_if<TouchConditions>(&request.effect);
    return touch == nullptr ? std::vector<std::string>{} : touch->ids;
  }
  void SettleAll(const std::vector<Request>& requests, Duration now) {
    for (const Request& request : requests) Succeed(request.ticket, now);
  }

  std::vector<Key> forgotten_;
};

TEST_F(TellingTest, PassedOver_AreToldTogether) {
  Use(false);
  SettleAll(Relist({{"a", 4}, {"b", 4}}, 10s), 11s);
  const auto told = Relist({{"a", 4}, {"b", 4}}, 20s);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(Told(told[0]), (std::vector<std::string>{"a", "b"}));
}

TEST_F(TellingTest, WhatCouldNotBeTold_IsLookedAt) {
  Use(false);
  SettleAll(Relist({{"a", 4}, {"b", 4}}, 10s), 11s);
  const auto told = Relist({{"a", 4}, {"b", 4}}, 20s);
  const auto looks = Requests(engine_.Done(told.at(0).ticket, Outcome(Answer(Keys{{"b"}})), 21s));
  ASSERT_EQ(looks.size(), 1u);
  EXPECT_EQ(looks[0].key, "b");
  EXPECT_EQ(forgotten_, std::vector<Key>{"b"});
}

TEST_F(TellingTest, LoopThatAlwaysLooks_KnowsWhatIsUnchangedAndTellsItOnce) {
  Use(true);
  SettleAll(Relist({{"a", 4}, {"b", 4}}, 10s), 11s);
  auto looks = Relist({{"a", 4}, {"b", 5}}, 20s);
  ASSERT_EQ(looks.size(), 2u) << "both are looked at";
  std::vector<std::string> told;
  for (const Request& look : looks) {
    for (const Request& request : Requests(Succeed(look.ticket, 21s))) told = Told(request);
  }
  EXPECT_EQ(told, std::vector<std::string>{"a"}) << "the version of b is another";

  engine_.Hint({LoopId::kSynchronizer, "a", Urgency::kHint}, 25s);
  looks = Relist({{"a", 4}}, 30s);
  EXPECT_TRUE(looks.empty()) << "its pass is under way";
  EXPECT_EQ(forgotten_, std::vector<Key>{"b"});
}

TEST_F(PairTest, OneLoopAtAKey_KeepsTheOtherWaiting) {
  const auto observing = Requests(engine_.Hint({LoopId::kObserver, "a"}, 1s));
  ASSERT_EQ(observing.size(), 1u);
  EXPECT_TRUE(engine_.Hint({LoopId::kSynchronizer, "a"}, 1s).empty());
  EXPECT_EQ(Requests(engine_.Hint({LoopId::kSynchronizer, "b"}, 1s)).size(), 1u) << "another key";
  const auto next = Requests(Succeed(observing[0].ticket, 2s));
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].loop, LoopId::kSynchronizer);
  EXPECT_EQ(next[0].key, "a");
}

TEST_F(PairTest, Interrupt_ReachesTheOneThatKeepsItWaiting) {
  const auto observing = Requests(engine_.Hint({LoopId::kObserver, "a"}, 1s));
  const Commands out = engine_.Hint({LoopId::kSynchronizer, "a", Urgency::kInterrupt}, 1s);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(std::get<Cancel>(out[0]).ticket, observing.at(0).ticket);
}

TEST_F(PairTest, Defect_IsToldInAConditionAndOthersGoOn) {
  const auto a = Requests(engine_.Hint({LoopId::kSynchronizer, "a"}, 1s));
  const auto out =
      Requests(engine_.Done(a.at(0).ticket, Outcome(Internal("a row that does not read")), 2s));
  ASSERT_EQ(out.size(), 1u);
  const auto save = std::get<SaveConditions>(out[0].effect);
  EXPECT_EQ(save.id, "a");
  ASSERT_EQ(save.conditions.size(), 1u);
  EXPECT_EQ(save.conditions[0].type, "Deploy");
  EXPECT_EQ(save.conditions[0].reason, "Quarantined");
  EXPECT_EQ(save.conditions[0].next_in, Duration(1s));
  EXPECT_TRUE(engine_.Done(out[0].ticket, Outcome(Unavailable("down")), 2s).empty());
  EXPECT_EQ(Requests(engine_.Hint({LoopId::kSynchronizer, "b"}, 2s)).size(), 1u);
  EXPECT_EQ(Of(LoopId::kSynchronizer, engine_.Tick(4s)).size(), 2u) << "its relist, and a again";
}

TEST_F(PairTest, SecretThatDoesNotOpen_KeepsItsReason) {
  const auto a = Requests(engine_.Hint({LoopId::kSynchronizer, "a"}, 1s));
  const Status broken(Code::kInternal, "SealBroken", "the value of the variable KEY");
  const auto out = Requests(engine_.Done(a.at(0).ticket, Outcome(broken), 2s));
  ASSERT_EQ(out.size(), 1u);
  const auto save = std::get<SaveConditions>(out[0].effect);
  ASSERT_EQ(save.conditions.size(), 1u);
  EXPECT_EQ(save.conditions[0].reason, "SealBroken");
  EXPECT_THAT(save.conditions[0].message, ::testing::HasSubstr("variable KEY"));
}

TEST_F(PairTest, HeldByAnotherHost_IsForgottenWithoutBackOff) {
  const auto a = Requests(engine_.Hint({LoopId::kSynchronizer, "a"}, 1s));
  const Status elsewhere(Code::kStale, model::kHeldElsewhere, "not ours");
  EXPECT_TRUE(engine_.Done(a.at(0).ticket, Outcome(elsewhere), 2s).empty());
  EXPECT_EQ(engine_.waiting(), 0u);
}

// One effect, on the host that is the first letter of the key.
class GroupedLoop final : public Loop {
 public:
  LoopId id() const override { return LoopId::kFetcher; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook&) override {
    return std::make_unique<OneStepPass>(key);
  }
  std::string GroupOf(const Effect& effect) const override {
    return std::get<LoadApp>(effect).id.str().substr(0, 1);
  }
};

class GroupTest : public PairTest {
 protected:
  GroupTest() {
    LoopOptions options{.period = 3min, .in_flight = 5, .keyed = true};
    options.per_group = 2;
    engine_.Add(std::make_unique<GroupedLoop>(), options);
  }
  std::vector<Request> Fetch(const Key& key, Duration now) {
    return Requests(engine_.Hint({LoopId::kFetcher, key}, now));
  }
};

TEST_F(GroupTest, FullGroup_WaitsAndHoldsUpNoOther) {
  const auto a1 = Fetch("a1", 1s), a2 = Fetch("a2", 1s);
  EXPECT_EQ(a1.size() + a2.size(), 2u);
  for (const char* key : {"a3", "a4", "a5", "a6", "a7"}) EXPECT_TRUE(Fetch(key, 1s).empty()) << key;
  EXPECT_EQ(Fetch("b1", 1s).size(), 1u) << "there is room for another host";
  const auto next = Requests(Succeed(a1.at(0).ticket, 2s));
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].key, "a3") << "who waited longest";
  EXPECT_TRUE(Fetch("a3", 2s).empty()) << "one pass a key";
}

// Loads first and then lists, which is what the group is of.
class TwoStepPass final : public Pass {
 public:
  explicit TwoStepPass(Key key) : key_(std::move(key)) {}
  Step Begin() override { return Effect(LoadRepository{RepositoryId(key_)}); }
  Step Next(Outcome outcome) override {
    if (!outcome.ok()) return Failed(outcome.status());
    if (listed_) return Finished{};
    listed_ = true;
    return Effect(LoadApp{AppId(key_)});
  }

 private:
  const Key key_;
  bool listed_ = false;
};

class LoadsFirstLoop final : public Loop {
 public:
  LoopId id() const override { return LoopId::kFetcher; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook&) override {
    return std::make_unique<TwoStepPass>(key);
  }
  std::string GroupOf(const Effect& effect) const override {
    return std::holds_alternative<LoadApp>(effect) ? "host" : "";
  }
};

TEST_F(PairTest, CalledForAGroupAndEndedBeforeIt_TheNextIsCalled) {
  LoopOptions options{.period = 3min, .in_flight = 5, .keyed = true};
  options.per_group = 1;
  engine_.Add(std::make_unique<LoadsFirstLoop>(), options);
  const auto fetch = [&](const Key& key, Duration now) {
    return Requests(engine_.Hint({LoopId::kFetcher, key}, now));
  };
  const Ticket a = fetch("a", 1s).at(0).ticket, b = fetch("b", 1s).at(0).ticket,
               c = fetch("c", 1s).at(0).ticket;
  const Ticket listing = Requests(Succeed(a, 2s)).at(0).ticket;
  EXPECT_TRUE(Requests(Succeed(b, 2s)).empty()) << "the host has no room";
  EXPECT_TRUE(Requests(Succeed(c, 2s)).empty());
  const Ticket again = Requests(Succeed(listing, 3s)).at(0).ticket;  // b
  const auto next = Requests(engine_.Done(again, Outcome(NotFound("deleted")), 4s));
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].key, "c") << "nobody else would call it";
}

TEST_F(GroupTest, WaitingKeys_AllHaveTheirTurn) {
  std::vector<Request> running = Fetch("a1", 1s);
  for (int n = 2; n <= 9; ++n) {
    for (Request& request : Fetch("a" + std::to_string(n), 1s)) running.push_back(request);
  }
  std::set<Key> seen;
  while (!running.empty()) {
    const Request request = running.back();
    running.pop_back();
    EXPECT_LE(running.size(), 1u);
    seen.insert(request.key);
    for (Request& next : Requests(Fail(request.ticket, 2s))) running.push_back(next);
  }
  EXPECT_EQ(seen.size(), 9u);
}

TEST_F(EngineTest, Figures_CountPassesFailuresAndTheirTime) {
  const auto figures = [this] { return engine_.figures().at(LoopId::kRegisterer); };
  EXPECT_EQ(figures().looked, Duration::zero());
  List({}, 1s);
  EXPECT_EQ(figures().looked, Duration(1s)) << "a list is a look";
  EXPECT_EQ(figures().passes, 0);
  const Ticket a = Requests(engine_.Hint(For("a"), 2s)).at(0).ticket;
  const Ticket b = Requests(engine_.Hint(For("b"), 2s)).at(0).ticket;
  Succeed(a, 5s);
  Fail(b, 6s);
  EXPECT_EQ(figures().passes, 2);
  EXPECT_EQ(figures().failures, 1);
  EXPECT_EQ(figures().busy, Duration(7s));
  EXPECT_EQ(figures().looked, Duration(6s));
  const Ticket gone = Requests(engine_.Hint(For("c"), 7s)).at(0).ticket;
  engine_.Done(gone, Outcome(NotFound("deleted")), 8s);
  EXPECT_EQ(figures().failures, 1) << "what is gone is none";
}

class ThrowingLoop final : public Loop {
 public:
  LoopId id() const override { return LoopId::kReleaser; }
  std::unique_ptr<Pass> NewPass(const Key&, const Outlook&) override {
    throw std::runtime_error("a poisoned row");
  }
};

TEST_F(EngineTest, APassThatThrows_IsADefectAtItsKey) {
  engine_.Add(std::make_unique<ThrowingLoop>(), {3min, 2, true});
  EXPECT_TRUE(Requests(engine_.Hint({LoopId::kReleaser, "a"}, 1s)).empty());
  EXPECT_EQ(engine_.waiting(), 1u) << "tried again after a wait";
  EXPECT_EQ(Requests(engine_.Hint(For("b"), 1s)).size(), 1u);
}

}  // namespace
}  // namespace ns::reconcile
