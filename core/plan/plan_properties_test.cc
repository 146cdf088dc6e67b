// What holds of the decisions whatever they are given. A failure prints the case and how to run it
// again (RC_PARAMS); RC_PARAMS="max_success=100000" looks longer.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "model/shell_words.h"
#include "plan/builds.h"
#include "plan/conditions.h"
#include "plan/deploy.h"
#include "plan/fetch.h"
#include "plan/test_generators.h"
#include "plan/test_world.h"

namespace ns::plan {
namespace {

using model::BuildStatus;
using model::DesiredState;
using namespace testing;

// ---- targets ----

RC_GTEST_PROP(PlanProperties, DecideTarget_OfItsOwnResult_DecidesNothing, ()) {
  model::AppSnapshot snapshot = AnySnapshot();
  RC_LOG() << rc::toString(snapshot);
  const auto first = DecideTarget(snapshot, kKey);
  RC_CLASSIFY(first.has_value());
  if (!first) return;
  RC_ASSERT(StoreTarget(snapshot, *first));
  RC_ASSERT(!DecideTarget(snapshot, kKey).has_value());
}

RC_GTEST_PROP(PlanProperties, DecideTarget_RunsOnlyWhatABuildOfThisApplicationMade, ()) {
  const model::AppSnapshot snapshot = AnySnapshot();
  RC_LOG() << rc::toString(snapshot);
  const auto out = DecideTarget(snapshot, kKey);
  RC_CLASSIFY(out && out->release);
  if (!out || !out->release) return;
  const model::Release& release = *out->release;
  const bool kept = snapshot.release && snapshot.release->build == release.build &&
                    snapshot.release->image == release.image;
  const bool built =
      std::any_of(snapshot.builds.begin(), snapshot.builds.end(), [&](const model::Build& build) {
        return build.id == release.build && build.status == BuildStatus::kSucceeded &&
               build.image == release.image && build.commit == release.commit &&
               build.image_state == model::ImageState::kKept;
      });
  RC_ASSERT(kept || built);
}

RC_GTEST_PROP(PlanProperties, DecideTarget_OrderOfRows_DoesNotMatter, ()) {
  model::AppSnapshot snapshot = AnySnapshot();
  const auto before = DecideTarget(snapshot, kKey);
  std::reverse(snapshot.app.env.begin(), snapshot.app.env.end());
  std::reverse(snapshot.app.websites.begin(), snapshot.app.websites.end());
  std::reverse(snapshot.app.ports.begin(), snapshot.app.ports.end());
  const auto after = DecideTarget(snapshot, kKey);
  RC_ASSERT(before.has_value() == after.has_value());
  if (before) RC_ASSERT(before->next == after->next);
}

// A backend that did all that it was told shows a converged application, and any other does not.
RC_GTEST_PROP(PlanProperties, Converged_OnlyForWhatIsDesired, ()) {
  model::AppSnapshot snapshot = AnySnapshot();
  if (const auto out = DecideTarget(snapshot, kKey)) StoreTarget(snapshot, *out);
  const auto desired = MakeDesired(snapshot, {3, "http://127.0.0.1:1"});
  const bool parses =
      !snapshot.release || (model::ParseCommand(snapshot.release->entrypoint).ok() &&
                            model::ParseCommand(snapshot.release->command).ok());
  RC_ASSERT(desired.ok() == parses);
  if (!desired.ok()) {
    RC_ASSERT(desired.status().code() == Code::kInvalid);
    return;
  }
  model::ObservedApp observed;
  observed.converged = true;
  observed.fence = desired->fence;
  observed.state = desired->state;
  observed.route_key = desired->route_key;
  if (desired->state == DesiredState::kRunning) observed.serving_run_key = desired->run_key;
  RC_ASSERT(Converged(*desired, observed));
  observed.route_key += "x";
  RC_ASSERT(!Converged(*desired, observed));
}

RC_GTEST_PROP(PlanProperties, MakeDesired_TellsTheVariablesOfTheRelease, ()) {
  const model::AppSnapshot snapshot = AnySnapshot();
  const auto desired = MakeDesired(snapshot, {});
  const bool runs = desired.ok() && !desired->processes.empty();
  RC_CLASSIFY(runs);
  if (!runs) return;
  for (const model::EnvVar& variable : desired->processes[0].env) RC_ASSERT(variable.InRun());
  RC_ASSERT(desired->processes[0].env == snapshot.release->env);
}

RC_GTEST_PROP(PlanProperties, NewRelease_HasTheVariablesOfRunsAndNoOthers, ()) {
  const model::AppSnapshot snapshot = AnySnapshot();
  const auto out = DecideTarget(snapshot, kKey);
  RC_CLASSIFY(out && out->release);
  if (!out || !out->release) return;
  for (const model::EnvVar& variable : snapshot.app.env)
    RC_ASSERT(Has(out->release->env, variable) == variable.InRun());
}

RC_GTEST_PROP(PlanProperties, Pinned_NeitherMovesNorIsBuiltForThatReason, ()) {
  model::AppSnapshot snapshot = AnySnapshot();
  RC_LOG() << rc::toString(snapshot);
  model::AppSnapshot free = snapshot;
  free.pinned.reset();
  free.app.pinned = {};
  const Registration pinned = DecideBuild(snapshot, kKey), unpinned = DecideBuild(free, kKey);
  RC_ASSERT(pinned.build == unpinned.build && pinned.cancel == unpinned.cancel);
  RC_ASSERT(pinned.supersede == unpinned.supersede);
  if (snapshot.app.pinned.empty()) return;
  const auto out = DecideTarget(snapshot, kKey);
  RC_ASSERT(!out || !out->release);
  if (out && snapshot.pinned) RC_ASSERT(out->next.release == snapshot.pinned->id);
  if (out && !snapshot.pinned && snapshot.release)
    RC_ASSERT(out->next.release == snapshot.release->id);
}

RC_GTEST_PROP(PlanProperties, Conditions_AlwaysGiveAReason, ()) {
  const model::AppSnapshot snapshot = AnySnapshot();
  RC_LOG() << rc::toString(snapshot);
  std::vector<model::Condition> all = BuildConditions(snapshot);
  model::ObservedApp observed;
  observed.converged = Coin();
  observed.ready = Number(1);
  all.push_back(
      DeployCondition(snapshot, Coin() ? &observed : nullptr, Coin() ? Status() : AnyOutcome()));
  for (const model::Condition& one : all) RC_ASSERT(!one.type.empty() && !one.reason.empty());
  RC_ASSERT(!ConditionsChanged(all, all));
}

// ---- fetch ----

RC_GTEST_PROP(PlanProperties, Moved_OfItsOwnResult_IsEmpty, ()) {
  std::vector<model::GitRef> refs;
  for (const char* name : {"HEAD", "main", "dev"}) {
    if (Coin()) refs.push_back({name, AnyCommit()});
  }
  std::vector<model::Follower> followers;
  for (int n = 1; n <= 4; ++n)
    followers.push_back({IdOf<AppId>(n), OneOf<std::string>({"HEAD", "main", "gone"}),
                         OneOf<std::string>({"", model::kNoCommit, kCommitA, kCommitB})});
  for (const model::Follower& moved : Moved(followers, refs)) {
    for (model::Follower& follower : followers) {
      if (follower.app != moved.app) continue;
      RC_ASSERT(follower.commit != moved.commit);
      follower.commit = moved.commit;
    }
  }
  RC_ASSERT(Moved(followers, refs).empty());
  for (const model::Follower& follower : followers)
    RC_ASSERT(follower.commit == Resolve(refs, follower.ref));
}

// ---- order of events ----

void EditOne(model::Application& app) {
  model::Application other = app;
  AnySettings(other);
  switch (Number(7)) {
    case 0:
      app.build = other.build;
      break;
    case 1:
      app.env = other.env;
      break;
    case 2:
      app.websites = other.websites;
      break;
    case 3:
      app.run = other.run;
      break;
    case 4:
      app.ports = other.ports;
      break;
    case 5:
      ++app.restart_nonce;
      break;
    default:
      app.desired = other.desired;
      break;
  }
}

// One thing that happens to the builds; mostly to the newest.
void HappenToBuild(World& world, model::Build& build) {
  switch (Number(5)) {
    case 0:
    case 1:
      return world.Claim(build);
    case 2:
    case 3:
      return world.Finish(build, false);
    case 4:
      return world.Finish(build, true);
    default:
      build.retriable |= model::IsTerminal(build.status);
  }
}

// One thing that happens, at any time and in any order.
void Happen(World& world) {
  auto& builds = world.snapshot.builds;
  const int what = Number(11);
  if (what == 0)
    world.remote = OneOf<std::string>({kCommitA, kCommitB, std::string(40, 'c'), model::kNoCommit});
  else if (what == 1)
    EditOne(world.snapshot.app);
  else if (what == 2)
    world.Fetch();
  else if (what == 3)
    world.Register(DecideBuild(world.snapshot, kKey));
  else if (what == 4)
    world.Release();
  else if (what == 5 && !world.history.empty() && Coin())
    world.Pin(OneOf(world.history));
  else if (what == 5)
    world.Unpin();
  else if (!builds.empty())
    HappenToBuild(
        world, Coin() ? builds.front()
                      : builds[static_cast<size_t>(Number(static_cast<int>(builds.size()) - 1))]);
}

// Asked for at the end, whatever was asked for before: to run `commit` with the settings of `spec`.
void AskFor(World& world, const model::Application& spec, const std::string& commit) {
  model::Application& app = world.snapshot.app;
  model::Application wanted = spec;
  wanted.commit = app.commit;
  wanted.target = app.target;
  app = std::move(wanted);
  world.Unpin();
  world.remote = commit;
}

RC_GTEST_PROP(PlanProperties, OrderOfEvents_DoesNotChangeTheEnd, ()) {
  model::Application spec = FreshApp().app;
  AnySettings(spec);
  spec.desired = DesiredState::kRunning;
  const std::string commit = OneOf<std::string>({kCommitA, kCommitB});

  World travelled, fresh;
  travelled.bad_commits = fresh.bad_commits = {std::string(40, 'c')};
  for (int n = Number(40); n > 0; --n) Happen(travelled);
  RC_LOG() << rc::toString(travelled.snapshot);
  AskFor(travelled, spec, commit);
  AskFor(fresh, spec, commit);
  RC_ASSERT(travelled.Settle());
  RC_ASSERT(fresh.Settle());

  const model::Target &end = travelled.snapshot.app.target, &plain = fresh.snapshot.app.target;
  RC_LOG() << "\nin the end: " << rc::toString(travelled.snapshot);
  RC_ASSERT(end.state == plain.state);
  RC_ASSERT(end.route_key == plain.route_key);
  RC_ASSERT(end.run_key == plain.run_key);
  RC_ASSERT(travelled.snapshot.release->commit == commit);
}

RC_GTEST_PROP(PlanProperties, WhateverHappened_TheLoopsComeToRest, ()) {
  World world;
  world.bad_commits = {kCommitB};
  for (int n = Number(40); n > 0; --n) Happen(world);
  const int before = world.registered;
  size_t asked = 0;
  for (const model::Build& build : world.snapshot.builds) asked += build.retriable;
  RC_LOG() << rc::toString(world.snapshot);
  RC_ASSERT(world.Settle());
  RC_ASSERT(static_cast<size_t>(world.registered - before) <= asked + 2);
}

// A pass that read the world before other passes changed it is refused or does no harm.
RC_GTEST_PROP(PlanProperties, PassOfAnOldSnapshot_NeverTurnsTheTargetBack, ()) {
  World world;
  for (int n = Number(20); n > 0; --n) Happen(world);
  const model::AppSnapshot old = world.snapshot;
  for (int n = Number(20); n > 0; --n) Happen(world);
  const int64_t generation = world.snapshot.app.target.generation;
  const auto late = DecideTarget(old, kKey);
  if (late && StoreTarget(world.snapshot, *late))
    RC_ASSERT(old.app.target.generation == generation);
  world.Register(DecideBuild(old, kKey));
  RC_ASSERT(world.Settle());
  RC_ASSERT(world.snapshot.app.target.generation >= generation);
}

// Once something serves, no decision leaves the application without a release while it shall run.
RC_GTEST_PROP(PlanProperties, OnceReleased_NeverWithoutARelease, ()) {
  World world;
  world.bad_commits = {kCommitB};
  bool served = false;
  for (int n = Number(60); n > 0; --n) {
    Happen(world);
    served = served || world.snapshot.release.has_value();
    RC_ASSERT(!served || world.snapshot.release.has_value());
    const model::AppSnapshot before = world.snapshot;
    const auto out = DecideTarget(before, kKey);
    if (!out || !served || before.app.desired != DesiredState::kRunning) continue;
    RC_ASSERT(out->next.state == DesiredState::kRunning);
    RC_ASSERT(out->release.has_value() || !out->next.release.empty());
  }
  RC_CLASSIFY(served);
}

}  // namespace
}  // namespace ns::plan
