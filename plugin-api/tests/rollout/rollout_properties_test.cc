// What holds of the planner whatever happens. A failure prints the case and how to run it again
// (RC_PARAMS); RC_PARAMS="max_success=100000" looks longer.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "rollout_generators.h"

namespace ns::sdk {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace testing;

// Tells the story in a failure.
void RequireKept(const FaultyWorld& world) {
  for (const std::string& line : world.story) RC_LOG() << line << '\n';
  for (const std::string& line : world.broken) RC_LOG() << "broken: " << line << '\n';
  RC_ASSERT(world.broken.empty());
}

// All is as the goal says, in truth.
void RequireReached(const FaultyWorld& world, const Goal& goal) {
  std::set<std::string> ids;
  for (const Replica& replica : world.real().replicas) {
    RC_ASSERT(goal.run && replica.key == goal.key && replica.sound && replica.Alive());
    ids.insert(replica.id);
  }
  RC_ASSERT(ids.size() == static_cast<size_t>(goal.replicas));
  RC_ASSERT(world.real().targets == ids);
  RC_ASSERT(world.in_force() == ids);
  RC_ASSERT(world.real().route_key == goal.route_key);
  RC_ASSERT(world.real().routes_intact);
}

Nanoseconds Longest(const Goal& goal) {
  return goal.probe_timeout + goal.confirm_timeout + goal.drain_limit + goal.stop_grace +
         seconds(1);
}

// Deploys, stops, crashes, deaths, edits, a slow proxy: nothing that serves is ended, and in a
// world that is well again one pass brings about the last goal.
RC_GTEST_PROP(RolloutProperties, Rolling_OnceServing_NeverWithoutAServingRelease, ()) {
  FaultyWorld world = AnyWorld();
  const std::vector<Event> events = AnyEvents(6, 120);
  Goal goal = AnyGoal(1);
  for (int pass = 1, passes = 1 + Number(5); pass <= passes; ++pass) {
    world.story.push_back("pass " + std::to_string(pass) + " to " + std::to_string(goal.replicas) +
                          " of " + goal.key + ", routes " + goal.route_key);
    world.Pass(goal, events);
    if (Coin()) goal = AnyGoal(pass + 1);
  }
  world.Heal();
  const Nanoseconds start = world.now;
  const Step end = world.Pass(goal, {});
  RequireKept(world);
  RC_ASSERT(end.kind == StepKind::kDone);
  RC_ASSERT(world.now - start <= Longest(goal));
  RequireReached(world, goal);
}

RC_GTEST_PROP(RolloutProperties, Recreate_InAHealthyWorld_ReachesTheGoalAfterWhateverHappened, ()) {
  FaultyWorld world = AnyWorld();
  const std::vector<Event> events = AnyEvents(6, 60);
  Goal goal = AnyGoal(1);
  for (int pass = 1, passes = 1 + Number(3); pass <= passes; ++pass) {
    goal.strategy = Strategy::kRecreate;
    world.Pass(goal, events);
    if (Coin()) goal = AnyGoal(pass + 1);
  }
  goal.strategy = Strategy::kRecreate;
  world.Heal();
  const Step end = world.Pass(goal, {});
  for (const std::string& line : world.story) RC_LOG() << line << '\n';
  RC_ASSERT(end.kind == StepKind::kDone);
  RequireReached(world, goal);
}

// The same goal again is no change, and costs one look at the routes.
RC_GTEST_PROP(RolloutProperties, ReachedGoal_ChangesNothing, ()) {
  FaultyWorld world = AnyWorld();
  world.Heal();
  const Goal goal = AnyGoal(1);
  RC_ASSERT(world.Pass(goal, {}).kind == StepKind::kDone);
  const Seen before = world.real();
  const int steps = world.steps;
  RC_ASSERT(world.Pass(goal, {}).kind == StepKind::kDone);
  RC_ASSERT(world.real() == before);
  RC_ASSERT(world.steps == steps + 1);
}

// Two worlds that went through other things end alike.
RC_GTEST_PROP(RolloutProperties, OrderOfEvents_DoesNotChangeTheEnd, ()) {
  FaultyWorld one = AnyWorld(), other = one;
  one.Pass(AnyGoal(1), AnyEvents(4, 60));
  other.Pass(AnyGoal(2), AnyEvents(4, 60));
  one.Pass(AnyGoal(3), {});
  const Goal goal = AnyGoal(4);
  for (FaultyWorld* world : {&one, &other}) {
    world->Heal();
    RC_ASSERT(world->Pass(goal, {}).kind == StepKind::kDone);
    RequireReached(*world, goal);
  }
}

// Whatever is shown and reported, in whatever order: an answer that can be carried out.
RC_GTEST_PROP(RolloutProperties, Next_IsTotal, ()) {
  Goal goal = AnyGoal(Number(3));
  goal.replicas = Number(4) - 1;
  goal.strategy = static_cast<Strategy>(Number(1));
  Rollout rollout(goal);
  Nanoseconds now = seconds(1000);
  for (int n = Number(30); n > 0; --n) {
    const Seen seen = AnySeen();
    const Step step = rollout.Next(seen, now);
    const bool known = std::any_of(seen.replicas.begin(), seen.replicas.end(),
                                   [&](const Replica& r) { return r.id == step.replica; });
    RC_ASSERT(step.replica.empty() || known);
    RC_ASSERT(step.kind != StepKind::kWait || step.wait.count() > 0);
    RC_ASSERT((step.kind == StepKind::kSuperseded) == (seen.newest > goal.fence));
    RC_ASSERT(step.kind != StepKind::kFail || !step.reason.empty());
    const std::string id = "r" + std::to_string(1 + Number(4));
    now += milliseconds(Number(4) * 100);
    switch (Number(6)) {
      case 0:
        rollout.Pulled();
        break;
      case 1:
        rollout.Probed(id, static_cast<Readiness>(Number(1)), "", "", now);
        break;
      case 2:
        rollout.Routed(now);
        break;
      case 3:
        rollout.Confirmed(Coin(), "", now);
        break;
      case 4:
        rollout.Counted(id, Number(1), now);
        break;
      case 5:
        rollout.AskedToStop(id, now);
        break;
      default:
        if (Number(9) == 0) rollout.Fail("Failed", "");
    }
  }
}

}  // namespace
}  // namespace ns::sdk
