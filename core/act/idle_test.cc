// What a relist costs where nothing has changed: calls of the store and of the backend, counted.
// Real loops and effects in virtual time; store, remotes, backend and registry in memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

#include "act/perform.h"
#include "act/world.h"
#include "ports/faults/counting_plan.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_store.h"
#include "reconcile/engine.h"
#include "reconcile/loops.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;
using reconcile::LoopId;

using Calls = std::map<std::string, int>;

// Applications that are deployed, each from a repository of its own, and one controller.
class Platform {
 public:
  explicit Platform(int applications) : engine_(random_) {
    remote_.Push(std::string(40, 'a'));
    model::Host host;
    host.id = parts_.host;
    host.roles = {"controller", "builder"};
    host.build_slots = applications;
    EXPECT_TRUE(store_.hosts.Beat(host, 24h).ok());
    AddLoops();
    for (int n = 0; n < applications; ++n) MakeApp(n);
    Pass(6 * kPeriod);
  }

  // What a period costs.
  Calls Period() {
    plan_.calls.clear();
    Pass(kPeriod);
    return plan_.calls;
  }
  model::AppSnapshot Snapshot(int number) { return store_.deploys.Snapshot(apps_[number]).value(); }
  testing::MemoryBackend& memory() { return backend_; }
  const AppId& app(int number) const { return apps_[number]; }

 private:
  static constexpr Duration kPeriod = 3min;

  void AddLoops() {
    const Secret key(std::string(32, 'k'));
    const reconcile::SynchronizerOptions deploys{1, "http://127.0.0.1:1", key};
    const reconcile::LoopOptions keyed{.period = kPeriod};
    engine_.Add(reconcile::NewFetcher(), keyed);
    engine_.Add(reconcile::NewRegisterer(key), keyed);
    engine_.Add(reconcile::NewReleaser(key), keyed);
    engine_.Add(reconcile::NewStarter(), {.period = kPeriod, .in_flight = 1, .keyed = false});
    engine_.Add(reconcile::NewCrashDetector(), {.period = kPeriod, .in_flight = 1, .keyed = false});
    engine_.Add(reconcile::NewSynchronizer(deploys),
                {.period = kPeriod, .apart_from = {LoopId::kObserver}});
    engine_.Add(reconcile::NewObserver(deploys),
                {.period = kPeriod, .apart_from = {LoopId::kSynchronizer}});
    engine_.Add(reconcile::NewCleaner({}), keyed);
  }

  void MakeApp(int number) {
    const auto user = store_.users.Ensure("alice", false);
    const std::string name = "app" + std::to_string(number);
    const model::Repository repository{
        RepositoryId::New(random_), name, "https://git.test/" + name, {}, {user->id}};
    EXPECT_TRUE(store_.repositories.Insert(repository).ok());
    model::Application app;
    app.id = apps_.emplace_back(AppId::New(random_));
    app.name = name;
    app.repository = repository.id;
    app.ref = "main";
    app.build = {"runtime-cmd", "{}"};
    app.owners = {user->id};
    app.backend = "docker";
    app.desired = model::DesiredState::kRunning;
    EXPECT_TRUE(store_.apps.Insert(app, [](const auto&) { return Status(); }).ok());
  }

  // A builder that is done at once.
  void SettleBuilds() {
    const model::QueueSnapshot queue = store_.builds.Queue().value();
    for (const model::Build& build : queue.building) {
      model::BuildResult result;
      result.status = model::BuildStatus::kSucceeded;
      result.image = {"r.test/a:b", "sha256:" + build.id.str(), 1};
      EXPECT_TRUE(store_.builds.Settle(build.id, build.lease.token, result).ok());
    }
  }

  void Pass(Duration time) {
    const Duration end = clock_.Monotonic() + time;
    Put(engine_.Tick(clock_.Monotonic()));
    while (clock_.Monotonic() < end) {
      const Duration due = std::min(std::max(engine_.NextDue(), clock_.Monotonic()), end);
      clock_.Advance(due - clock_.Monotonic());
      if (due < end) Put(engine_.Tick(due));
    }
  }

  // Carries out all that comes of it.
  void Put(const reconcile::Commands& commands) {
    std::deque<reconcile::Command> waiting(commands.begin(), commands.end());
    for (; !waiting.empty(); waiting.pop_front()) {
      const auto* request = std::get_if<reconcile::Request>(&waiting.front());
      if (request == nullptr) continue;
      auto more =
          engine_.Done(request->ticket, Perform(request->effect, parts_, {}), clock_.Monotonic());
      waiting.insert(waiting.end(), more.begin(), more.end());
      if (std::holds_alternative<reconcile::ClaimBuilds>(request->effect)) SettleBuilds();
    }
  }

  ports::testing::FakeClock clock_;
  SeededRandom random_{1};
  ports::testing::FakeStore memory_store_{clock_};
  ports::Store store_ = memory_store_.store();
  testing::MemoryRemote remote_;
  testing::MemoryBackend backend_;
  testing::MemoryRegistry registry_;
  ports::CountingPlan plan_;
  ports::FaultyStore counted_store_{store_, plan_};
  ports::FaultyBackend counted_backend_{backend_, plan_};
  Parts parts_{
      counted_store_.Ports(), remote_, registry_, {{"docker", &counted_backend_}}, random_, clock_,
      HostId("the-host")};
  std::vector<AppId> apps_;
  reconcile::Engine engine_;
};

TEST(Idle, Relist_CostsTheSameForTenAndForAHundred) {
  Platform ten(10), hundred(100);
  for (int number : {0, 9}) {
    ASSERT_TRUE(ten.memory().Has(ten.app(number))) << "it is deployed";
    ASSERT_TRUE(hundred.memory().Has(hundred.app(number * 11)));
  }
  const Calls calls = ten.Period();
  EXPECT_EQ(calls, hundred.Period());
  EXPECT_EQ(calls, (Calls{{"AppStore.Index", 5},         // of five loops
                          {"RepositoryStore.Index", 1},  // of the fetcher
                          {"EventStore.Touch", 2},       // of all repositories, all applications
                          {"Backend.Survey", 1},         // of all applications
                          {"BuildStore.Queue", 2},
                          {"RetentionStore.Purged", 1},
                          {"RetentionStore.DropEvents", 1}}));
}

TEST(Idle, WhatWasPassedOver_WasLookedAtJustNow) {
  Platform platform(3);
  const model::AppSnapshot before = platform.Snapshot(1);
  platform.Period();
  const model::AppSnapshot after = platform.Snapshot(1);
  int looked = 0;
  for (size_t i = 0; i < before.conditions.size(); ++i) {
    const model::Condition& one = after.conditions.at(i);
    EXPECT_EQ(one.since, before.conditions[i].since);
    if (one.type != "Observed" && one.type != "Deploy") continue;
    ++looked;
    EXPECT_GT(one.last_looked, before.conditions[i].last_looked) << one.type;
    EXPECT_GE(one.next_look, after.now) << one.type;
  }
  EXPECT_EQ(looked, 2);
}

TEST(Idle, WhatTheBackendLost_IsSeenByTheSurveyAndMadeAgain) {
  Platform platform(10);
  platform.Period();
  platform.memory().Lose(platform.app(4));
  const Calls calls = platform.Period();
  EXPECT_TRUE(platform.memory().Has(platform.app(4)));
  EXPECT_EQ(calls.at("Backend.Survey"), 1);
  EXPECT_EQ(calls.at("Backend.Apply"), 1);
  EXPECT_LE(calls.at("Backend.Observe"), 3) << "of that one alone";
  platform.Period();
  EXPECT_FALSE(platform.Period().contains("Backend.Observe"));
}

}  // namespace
}  // namespace ns::act
