#include "rollout_world.h"

namespace ns::sdk {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using enum StepKind;

Goal Running(const std::string& key = "new") {
  Goal goal;
  goal.fence = {1, 2};
  goal.run = true;
  goal.key = key;
  goal.route_key = "routes";
  return goal;
}

Goal Stopped() {
  Goal goal = Running();
  goal.run = false;
  goal.route_key = "page";
  goal.replicas = 0;
  return goal;
}

std::vector<StepKind> Kinds(std::initializer_list<StepKind> kinds) { return kinds; }

TEST(Rollout, FirstDeploy_PullsStartsProbesRoutesConfirms) {
  RolloutWorld world;
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_EQ(world.steps, Kinds({kPull, kStart, kProbe, kRoute, kConfirm, kDone}));
  EXPECT_EQ(world.confirmed, std::set<std::string>{"r1"});
}

TEST(Rollout, Redeploy_OldOneServesUntilTheNewOneIsConfirmedThenDrainsAndGoes) {
  RolloutWorld world;
  world.Serving("old");
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_EQ(world.steps,
            Kinds({kPull, kStart, kProbe, kRoute, kConfirm, kDrain, kStop, kRemove, kDone}));
  ASSERT_EQ(world.seen.replicas.size(), 1u);
  EXPECT_EQ(world.seen.replicas[0].key, "new");
  EXPECT_TRUE(world.broken_promises.empty());
}

TEST(Rollout, SameAgain_ChangesNothing) {
  RolloutWorld world;
  world.Serving("new");
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_EQ(world.steps, Kinds({kConfirm, kDone}));
}

TEST(Rollout, OtherRoutes_RewritesRoutesAndRestartsNothing) {
  RolloutWorld world;
  world.Serving("new", "other routes");
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_EQ(world.steps, Kinds({kRoute, kConfirm, kDone}));
}

TEST(Rollout, EditedRoutes_AreWrittenAgain) {
  RolloutWorld world;
  world.Serving("new");
  world.seen.routes_intact = false;
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_EQ(world.steps, Kinds({kRoute, kConfirm, kDone}));
}

TEST(Rollout, Stop_RoutesToThePageFirst) {
  RolloutWorld world;
  world.Serving("new");
  EXPECT_EQ(world.Run(Stopped()).kind, kDone);
  EXPECT_EQ(world.steps, Kinds({kRoute, kConfirm, kDrain, kStop, kRemove, kDone}));
  EXPECT_TRUE(world.seen.replicas.empty());
  EXPECT_TRUE(world.seen.targets.empty());
  EXPECT_TRUE(world.broken_promises.empty());
}

TEST(Rollout, NewerFence_IsSupersededAtOnce) {
  RolloutWorld world;
  world.Serving("old");
  world.seen.newest = {1, 3};
  EXPECT_EQ(world.Run(Running()).kind, kSuperseded);
  world.seen.newest = {2, 0};
  EXPECT_EQ(world.Run(Running()).kind, kSuperseded);
  world.seen.newest = {1, 2};
  EXPECT_EQ(world.Run(Running()).kind, kDone);
}

TEST(Rollout, SlowProgram_IsProbedUntilReady) {
  RolloutWorld world;
  world.probes_until_ready = 20;
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_EQ(world.probes["r1"], 21);
  EXPECT_LT(world.now, seconds(1000) + 21 * milliseconds(201) + seconds(1));
}

TEST(Rollout, FastProgram_IsReadyWithinMilliseconds) {
  RolloutWorld world;
  world.probes_until_ready = 2;
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_LT(world.now, seconds(1000) + milliseconds(60));
}

TEST(Rollout, DeafProgram_FailsAfterTheTimeoutAndTheOldOneServes) {
  RolloutWorld world;
  const std::string old = world.Serving("old");
  world.probes_until_ready = 1'000'000;
  const Step step = world.Run(Running());
  EXPECT_EQ(step.kind, kFail);
  EXPECT_EQ(step.reason, NS_REASON_PROBE_FAILED);
  EXPECT_EQ(step.message, "saw");
  EXPECT_GE(world.now, seconds(1060));
  EXPECT_LT(world.now, seconds(1062));
  EXPECT_EQ(world.seen.targets, std::set<std::string>{old});
  EXPECT_TRUE(world.Find(old)->Alive());
  EXPECT_EQ(world.Alive(), 1) << "the deaf one is stopped";
  EXPECT_EQ(world.seen.replicas.size(), 2u) << "and kept for its output";
}

TEST(Rollout, ProgramThatEnds_FailsAtOnceWithItsReason) {
  RolloutWorld world;
  const std::string old = world.Serving("old");
  world.probe_breaks = true;
  const Step step = world.Run(Running());
  EXPECT_EQ(step.kind, kFail);
  EXPECT_EQ(step.reason, NS_REASON_CONTAINER_EXITED);
  EXPECT_LT(world.now, seconds(1001));
  EXPECT_EQ(world.seen.targets, std::set<std::string>{old});
  EXPECT_TRUE(world.broken_promises.empty());
}

// Found by the properties: it was taken away and started again without end.
TEST(Rollout, ProgramThatEndsBeforeTheFirstLook_FailsAndIsNotStartedAgain) {
  RolloutWorld world;
  const std::string old = world.Serving("old");
  world.ends_at_once = world.probe_breaks = true;
  const Step step = world.Run(Running());
  EXPECT_EQ(step.kind, kFail);
  EXPECT_EQ(step.reason, NS_REASON_CONTAINER_EXITED);
  EXPECT_EQ(step.message, "saw");
  EXPECT_EQ(world.steps, Kinds({kPull, kStart, kProbe, kFail}));
  EXPECT_EQ(world.made, 2);
  EXPECT_EQ(world.seen.targets, std::set<std::string>{old});
}

TEST(Rollout, NextTryAfterAFailure_TakesTheFailedOneAwayFirst) {
  RolloutWorld world;
  world.Serving("old");
  world.probe_breaks = true;
  world.Run(Running());
  world.probe_breaks = false;
  world.steps.clear();
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_EQ(world.steps, Kinds({kPull, kRemove, kStart, kProbe, kRoute, kConfirm, kDrain, kStop,
                                kRemove, kDone}));
  EXPECT_EQ(world.seen.replicas.size(), 1u);
}

TEST(Rollout, EndsAfterASecond_IsNotRoutedWhileTheOldOneServes) {
  RolloutWorld world;
  const std::string old = world.Serving("old");
  world.ends_after = seconds(1);
  const Step step = world.Run(Running());
  EXPECT_EQ(step.kind, kFail);
  EXPECT_EQ(step.reason, NS_REASON_CONTAINER_EXITED);
  EXPECT_EQ(world.steps, Kinds({kPull, kStart, kProbe, kFail}));
  EXPECT_EQ(world.confirmed, std::set<std::string>{old});
}

TEST(Rollout, NothingServed_IsRoutedAsSoonAsItIsReady) {
  RolloutWorld world;
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_LT(world.now, seconds(1000) + milliseconds(50));
}

TEST(Rollout, OldOneServes_NewOneIsRoutedOnceItStayedUp) {
  RolloutWorld world;
  world.Serving("old");
  Rollout rollout(Running());
  while (world.seen.targets.contains("r1")) world.Run(rollout, 1);
  EXPECT_GE(world.now, seconds(1000) + milliseconds(1500));
  EXPECT_LT(world.now, seconds(1000) + milliseconds(1800));
}

TEST(Rollout, ImageGone_TouchesNothing) {
  RolloutWorld world;
  const std::string old = world.Serving("old");
  world.pull_fails = true;
  const Step step = world.Run(Running());
  EXPECT_EQ(step.reason, NS_REASON_IMAGE_PULL_FAILED);
  EXPECT_EQ(world.steps, Kinds({kPull, kFail}));
  EXPECT_EQ(world.seen.targets, std::set<std::string>{old});
}

TEST(Rollout, StartFails_OldOneServes) {
  RolloutWorld world;
  const std::string old = world.Serving("old");
  world.start_fails = true;
  EXPECT_EQ(world.Run(Running()).reason, NS_REASON_START_FAILED);
  EXPECT_TRUE(world.Find(old)->Alive());
}

TEST(Rollout, RouteRefused_NewOneIsStoppedAndOldOneServes) {
  RolloutWorld world;
  const std::string old = world.Serving("old");
  world.route_fails = true;
  EXPECT_EQ(world.Run(Running()).reason, NS_REASON_ROUTE_UNSUPPORTED);
  EXPECT_EQ(world.seen.targets, std::set<std::string>{old});
  EXPECT_EQ(world.Alive(), 1);
  EXPECT_TRUE(world.broken_promises.empty());
}

TEST(Rollout, RouteRefusedWithoutNewReplicas_ServingOneIsLeftAlone) {
  RolloutWorld world;
  const std::string serving = world.Serving("new", "other routes");
  world.route_fails = true;
  EXPECT_EQ(world.Run(Running()).kind, kFail);
  EXPECT_TRUE(world.Find(serving)->Alive());
}

TEST(Rollout, ProxyDown_FailsWithBothReplicasRunning) {
  RolloutWorld world;
  world.Serving("old");
  world.confirms_needed = -1;
  const Step step = world.Run(Running());
  EXPECT_EQ(step.reason, NS_REASON_ROUTE_NOT_CONFIRMED);
  EXPECT_EQ(step.message, "the proxy shows the old one");
  EXPECT_EQ(world.Alive(), 2) << "nobody knows where requests go";
  world.confirms_needed = 0;
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_EQ(world.Alive(), 1);
  EXPECT_TRUE(world.broken_promises.empty());
}

// Found by the properties: what served was stopped, although the proxy still led to it, when it was
// of the key that the goal names.
TEST(Rollout, StopThatTheProxyDoesNotTakeUp_LeavesWhatServesAlone) {
  RolloutWorld world;
  const std::string serving = world.Serving("new");
  world.confirms_needed = -1;
  Rollout rollout(Stopped());
  while (!world.seen.targets.empty()) world.Run(rollout, 1);
  world.Find(serving)->draining_since = world.now;
  EXPECT_EQ(world.Run(rollout).reason, NS_REASON_ROUTE_NOT_CONFIRMED);
  EXPECT_TRUE(world.Find(serving)->Alive());
  EXPECT_TRUE(world.broken_promises.empty());
}

// As above, after a crash between the write of the routes and its record.
TEST(Rollout, RoutesOtherThanWrittenAndRefused_StopsNothing) {
  RolloutWorld world;
  world.Serving("old");
  const std::string routed = world.Add("new").id;
  world.confirmed = {routed};
  world.seen.routes_intact = false;
  world.route_fails = true;
  EXPECT_EQ(world.Run(Running()).kind, kFail);
  EXPECT_TRUE(world.Find(routed)->Alive());
  EXPECT_TRUE(world.broken_promises.empty());
}

TEST(Rollout, SlowProxy_IsAskedUntilItShowsTheNewRoutes) {
  RolloutWorld world;
  world.Serving("old");
  world.confirms_needed = 30;
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_EQ(world.confirms, 31);
  EXPECT_TRUE(world.broken_promises.empty());
}

TEST(Rollout, OpenRequests_AreWaitedFor) {
  RolloutWorld world;
  world.Serving("old");
  world.open_for = seconds(3);
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_GT(world.now, seconds(1003) + milliseconds(300));
  EXPECT_LT(world.now, seconds(1006));
}

TEST(Rollout, EndlessRequest_IsCutAtTheDrainLimit) {
  RolloutWorld world;
  world.Serving("old");
  world.open_for = seconds(3600);
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_GT(world.now, seconds(1030));
  EXPECT_LT(world.now, seconds(1033));
}

TEST(Rollout, DrainBegunByAnother_GoesOnFromWhereItWas) {
  RolloutWorld world;
  world.Serving("new");
  world.Add("old");
  world.seen.replicas[1].draining_since = seconds(980);
  world.left["r2"] = seconds(980);
  world.open_for = seconds(3600);
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_GE(world.now, seconds(1010));
  EXPECT_LT(world.now, seconds(1011));
}

TEST(Rollout, DrainBegunBeforeAReboot_IsCutAtTheLimitFromNowOn) {
  RolloutWorld world;
  world.Serving("new");
  world.Add("old");
  world.seen.replicas[1].draining_since = seconds(900'000);
  world.left["r2"] = seconds(1000);
  world.open_for = seconds(3600);
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_LT(world.now, seconds(1032));
}

TEST(Rollout, DeafToTheStopSignal_IsKilledAfterTheGrace) {
  RolloutWorld world;
  world.Serving("old");
  world.ignores_stop = true;
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_EQ(world.steps,
            Kinds({kPull, kStart, kProbe, kRoute, kConfirm, kDrain, kStop, kKill, kRemove, kDone}));
  EXPECT_GE(world.now, seconds(1010));
  EXPECT_LT(world.now, seconds(1012));
}

TEST(Rollout, SeveralLeftovers_DrainAtTheSameTime) {
  RolloutWorld world;
  world.Serving("old");
  for (int i = 0; i < 4; ++i) world.left[world.Add("older").id] = world.now;
  world.open_for = seconds(5);
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_LT(world.now, seconds(1007));
  EXPECT_EQ(world.seen.replicas.size(), 1u);
}

TEST(Rollout, SeveralReplicas_AreAllStartedBeforeTheSwitch) {
  RolloutWorld world;
  world.Serving("old");
  Goal goal = Running();
  goal.replicas = 3;
  EXPECT_EQ(world.Run(goal).kind, kDone);
  EXPECT_EQ(world.confirmed.size(), 3u);
  EXPECT_EQ(world.seen.replicas.size(), 3u);
  EXPECT_EQ(std::count(world.steps.begin(), world.steps.end(), kRoute), 1);
}

TEST(Rollout, FewerReplicas_KeepsThoseThatServe) {
  RolloutWorld world;
  Goal goal = Running();
  goal.replicas = 3;
  world.Run(goal);
  goal.replicas = 1;
  EXPECT_EQ(world.Run(goal).kind, kDone);
  EXPECT_EQ(world.seen.replicas.size(), 1u);
  EXPECT_EQ(world.made, 3);
  EXPECT_TRUE(world.broken_promises.empty());
}

TEST(Rollout, StrayOfTheSameKey_IsTakenAwayAndTheServingOneKept) {
  RolloutWorld world;
  const std::string serving = world.Serving("new");
  world.Add("new");
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  ASSERT_EQ(world.seen.replicas.size(), 1u);
  EXPECT_EQ(world.seen.replicas[0].id, serving);
}

TEST(Rollout, ChangedByHand_IsReplacedBesideTheOld) {
  RolloutWorld world;
  const std::string changed = world.Serving("new");
  world.Find(changed)->sound = false;
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_EQ(world.steps,
            Kinds({kPull, kStart, kProbe, kRoute, kConfirm, kDrain, kStop, kRemove, kDone}));
  EXPECT_FALSE(world.Find(changed));
  EXPECT_TRUE(world.broken_promises.empty());
}

TEST(Rollout, Killed_IsReplaced) {
  RolloutWorld world;
  const std::string dead = world.Serving("new");
  world.Find(dead)->life = Life::kEnded;
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_FALSE(world.Find(dead));
  EXPECT_EQ(world.Alive(), 1);
}

TEST(Rollout, ServingOneRestarts_IsWaitedForAndKept) {
  RolloutWorld world;
  const std::string serving = world.Serving("new");
  world.Find(serving)->life = Life::kRestarting;
  world.probes_until_ready = 1'000'000;
  const Step step = world.Run(Running());
  EXPECT_EQ(step.kind, kFail);
  EXPECT_TRUE(world.Find(serving)->Alive()) << "the platform goes on restarting it";
  EXPECT_EQ(world.made, 1);
}

TEST(Rollout, MadeButNeverStarted_IsTakenAway) {
  RolloutWorld world;
  world.Add("new", Life::kNew);
  EXPECT_EQ(world.Run(Running()).kind, kDone);
  EXPECT_FALSE(world.Find("r1"));
  EXPECT_EQ(world.confirmed, std::set<std::string>{"r2"});
}

Goal Recreate() {
  Goal goal = Running();
  goal.strategy = Strategy::kRecreate;
  return goal;
}

TEST(Rollout, Recreate_EndsTheOldOneBeforeTheNewOneStarts) {
  RolloutWorld world;
  world.Serving("old");
  world.confirmed.clear();  // this strategy promises nothing
  EXPECT_EQ(world.Run(Recreate()).kind, kDone);
  EXPECT_EQ(world.steps, Kinds({kPull, kStop, kStart, kProbe, kRoute, kConfirm, kRemove, kDone}));
  EXPECT_EQ(world.seen.replicas.size(), 1u);
}

TEST(Rollout, RecreateFails_StartsTheOldOneAgain) {
  RolloutWorld world;
  const std::string old = world.Serving("old");
  world.confirmed.clear();
  world.probe_breaks = true;
  EXPECT_EQ(world.Run(Recreate()).reason, NS_REASON_CONTAINER_EXITED);
  EXPECT_EQ(world.steps, Kinds({kPull, kStop, kStart, kProbe, kResume, kFail}));
  EXPECT_TRUE(world.Find(old)->Alive());
  EXPECT_EQ(world.seen.targets, std::set<std::string>{old});
}

TEST(Rollout, RecreateCrashesWhileTheOldOneIsDown_OldOneIsKeptUntilTheNewOneServes) {
  RolloutWorld world;
  const std::string old = world.Serving("old");
  world.confirmed.clear();
  world.Run(Recreate(), 3);
  ASSERT_FALSE(world.Find(old)->Alive());
  world.probe_breaks = true;
  EXPECT_EQ(world.Run(Recreate()).kind, kFail);
  EXPECT_TRUE(world.Find(old)->Alive());
}

// A crash after any number of steps, and another rollout: the end is the same, and nothing that
// serves was stopped.
TEST(Rollout, CrashAtAnyStep_IsFinishedByTheNext) {
  for (int crash = 0; crash < 90; ++crash) {
    RolloutWorld world;
    world.Serving("old");
    world.probes_until_ready = 2;
    world.open_for = milliseconds(400);
    world.confirms_needed = 2;
    world.Run(Running(), crash);
    world.confirms = 0;
    EXPECT_EQ(world.Run(Running()).kind, kDone) << crash;
    ASSERT_EQ(world.seen.replicas.size(), 1u) << crash;
    EXPECT_EQ(world.seen.replicas[0].key, "new");
    EXPECT_EQ(world.confirmed, std::set<std::string>{world.seen.replicas[0].id});
    EXPECT_TRUE(world.broken_promises.empty()) << crash << ": " << world.broken_promises.front();
    EXPECT_LE(world.made, 2) << "a replica that was started is used by the next rollout";
  }
}

// The same with another goal after the crash: what the first one made is cleared away.
TEST(Rollout, CancelledByAnotherGoal_LeavesNothingOfTheFirst) {
  for (int cancel = 0; cancel < 90; ++cancel) {
    RolloutWorld world;
    world.Serving("old");
    world.probes_until_ready = 2;
    world.open_for = milliseconds(400);
    world.Run(Running("second"), cancel);
    Goal third = Running("third");
    third.fence = {1, 3};
    EXPECT_EQ(world.Run(third).kind, kDone) << cancel;
    ASSERT_EQ(world.seen.replicas.size(), 1u) << cancel;
    EXPECT_EQ(world.seen.replicas[0].key, "third");
    EXPECT_TRUE(world.broken_promises.empty()) << cancel << ": " << world.broken_promises.front();
  }
}

TEST(Rollout, StopInTheMiddleOfADeploy_LeavesNothing) {
  for (int cancel = 0; cancel < 90; ++cancel) {
    RolloutWorld world;
    world.Serving("old");
    world.Run(Running(), cancel);
    EXPECT_EQ(world.Run(Stopped()).kind, kDone) << cancel;
    EXPECT_TRUE(world.seen.replicas.empty()) << cancel;
    EXPECT_TRUE(world.broken_promises.empty()) << cancel;
  }
}

TEST(PhaseOf, Steps_NameTheTimeline) {
  EXPECT_EQ(PhaseOf(kPull), "pull");
  EXPECT_EQ(PhaseOf(kRoute), "switch");
  EXPECT_EQ(PhaseOf(kStop), "remove");
  EXPECT_EQ(PhaseOf(kDone), "done");
  EXPECT_EQ(PhaseOf(kWait), "");
  EXPECT_EQ(PhaseOf(kFail), "");
}

}  // namespace
}  // namespace ns::sdk
