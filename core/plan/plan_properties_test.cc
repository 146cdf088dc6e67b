// What holds of the decisions whatever they are given. A failure prints the case and how to run it
// again (RC_PARAMS); RC_PARAMS="max_success=100000" looks longer.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "model/shell_words.h"
#include "plan/builds.h"
#include "plan/conditions.h"
#include "plan/deploy.h"
#include "plan/fetch.h"
#include "plan/keys.h"
#include "plan/test_generators.h"
#include "plan/test_world.h"

namespace ns::plan {
namespace {

using model::BuildStatus;
using model::DesiredState;
using namespace testing;

template <class T>
bool Has(const std::vector<T>& all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

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
  const bool kept = snapshot.release && snapshot.release->build == release.build;
  const bool built =
      std::any_of(snapshot.builds.begin(), snapshot.builds.end(), [&](const model::Build& build) {
        return build.id == release.build && build.status == BuildStatus::kSucceeded &&
               build.image == release.image && build.commit == release.commit;
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

RC_GTEST_PROP(PlanProperties, MakeDesired_HandsNoBuildScopeVariableToTheBackend, ()) {
  const model::AppSnapshot snapshot = AnySnapshot();
  const auto desired = MakeDesired(snapshot, {});
  const bool runs = desired.ok() && !desired->processes.empty();
  RC_CLASSIFY(runs);
  if (!runs) return;
  for (const model::EnvVar& variable : desired->processes[0].env) RC_ASSERT(variable.InRun());
  RC_ASSERT(desired->processes[0].env == snapshot.release->env);
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

// ---- builds ----

RC_GTEST_PROP(PlanProperties, DecideBuild_NeverRegistersWhatCounts, ()) {
  const model::AppSnapshot snapshot = AnySnapshot();
  RC_LOG() << rc::toString(snapshot);
  const Registration out = DecideBuild(snapshot, kKey);
  RC_CLASSIFY(out.build.has_value());
  if (!out.build) return;
  RC_ASSERT(!snapshot.app.deleted && snapshot.app.desired != DesiredState::kStopped);
  RC_ASSERT(out.build->build_key == BuildKey(kKey, snapshot.app, out.build->commit));
  for (const model::Build& build : snapshot.builds) {
    if (build.commit == out.build->commit && build.retriable) return;  // asked for
  }
  for (const model::Build& build : snapshot.builds)
    RC_ASSERT(build.build_key != out.build->build_key || !model::CountsAsDuplicate(build));
}

RC_GTEST_PROP(PlanProperties, DecideBuild_PutsAsideOnlyLiveBuildsOfOtherKeys, ()) {
  const model::AppSnapshot snapshot = AnySnapshot();
  const Registration out = DecideBuild(snapshot, kKey);
  for (const model::Build& build : snapshot.builds) {
    const bool aside = Has(out.supersede, build.id), cancelled = Has(out.cancel, build.id);
    RC_ASSERT(!aside || build.status == BuildStatus::kQueued);
    RC_ASSERT(!cancelled || build.status == BuildStatus::kBuilding);
    if (out.build) RC_ASSERT(!(aside || cancelled) || build.build_key != out.build->build_key);
  }
}

RC_GTEST_PROP(PlanProperties, AssignBuilds_KeepsToSlotsAndApplications, ()) {
  const model::QueueSnapshot queue = AnyQueue();
  RC_LOG() << rc::toString(queue);
  std::map<HostId, int> given;
  std::map<AppId, int> of_app;
  for (const model::Build& build : queue.building) ++of_app[build.app];
  const auto before = of_app;
  for (const model::BuildClaim& one : AssignBuilds(queue)) {
    const auto build = std::find_if(queue.queued.begin(), queue.queued.end(),
                                    [&](const model::Build& b) { return b.id == one.build; });
    RC_ASSERT(build != queue.queued.end());
    RC_ASSERT(build->not_before <= queue.now);
    RC_ASSERT(++of_app[build->app] == 1);
    ++given[one.host];
  }
  bool room = false;
  for (const model::BuilderState& builder : queue.builders) {
    RC_ASSERT(given[builder.host] <= std::max(0, builder.slots - builder.running));
    room = room || given[builder.host] < builder.slots - builder.running;
    given.erase(builder.host);
  }
  RC_ASSERT(given.empty() || given.begin()->second == 0);
  // Nothing that may start waits while there is room.
  for (const model::Build& build : queue.queued)
    RC_ASSERT(!room || build.not_before > queue.now || of_app[build.app] > 0);
}

RC_GTEST_PROP(PlanProperties, ExpireBuilds_EndsExactlyTheLostOnes, ()) {
  const model::QueueSnapshot queue = AnyQueue();
  const auto out = ExpireBuilds(queue);
  size_t lost = 0;
  for (const model::Build& build : queue.building) lost += build.lease.expires < queue.now;
  RC_ASSERT(out.size() == lost);
  for (const Expiry& one : out) {
    const auto build = std::find_if(queue.building.begin(), queue.building.end(),
                                    [&](const model::Build& b) { return b.id == one.build; });
    RC_ASSERT(build != queue.building.end());
    RC_ASSERT(one.attempt == build->attempt);
    const BuildStatus expected = build->cancel_requested                ? BuildStatus::kCancelled
                                 : build->attempt < model::kMaxAttempts ? BuildStatus::kQueued
                                                                        : BuildStatus::kFailed;
    RC_ASSERT(one.result.status == expected);
  }
}

RC_GTEST_PROP(PlanProperties, AfterFailure_RetriesAreBoundedAndNeverTheSourcesFault, ()) {
  const Status failure = AnyOutcome();
  const int attempt = 1 + Number(model::kMaxAttempts);
  const model::BuildResult result = AfterFailure(failure, attempt);
  RC_ASSERT(result.outcome == failure);
  RC_ASSERT(result.status != BuildStatus::kSucceeded && result.status != BuildStatus::kBuilding);
  if (result.status != BuildStatus::kQueued) return;
  RC_ASSERT(attempt < model::kMaxAttempts);
  RC_ASSERT(failure.fault() != Fault::kSource);
  RC_ASSERT(result.retry_in >= Duration::zero());
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

// ---- keys ----

struct Keys {
  std::string build, run, route;
  explicit Keys(const model::Application& app)
      : build(BuildKey(kKey, app, app.commit)),
        run(RunKey(kKey, app, NewRelease(app, {}, "", {"r", "sha256:1", 1}))),
        route(RouteKey(kKey, app, "")) {}
};

struct Edit {
  const char* what;
  std::function<void(model::Application&)> change;
  bool build, run, route;  // which key must change; the others must not
};

// One edit of each field, and of each scope of a variable.
std::vector<Edit> Edits() {
  const auto variable = [](model::EnvScope scope) {
    return [scope](model::Application& app) {
      app.env.push_back({"NEW", Secret("1"), scope, false, false});
    };
  };
  const auto website = [](auto change) {
    return [change](model::Application& app) {
      app.websites.insert(app.websites.begin(), {IdOf<WebsiteId>(9), "z.example.com"});
      change(app.websites.front());
    };
  };
  return {
      {"name", [](auto& app) { app.name += "x"; }, false, false, false},
      {"owner", [](auto& app) { app.owners.push_back(IdOf<UserId>(7)); }, false, false, false},
      {"ref", [](auto& app) { app.ref += "x"; }, false, false, false},
      {"desired", [](auto& app) { app.desired = DesiredState::kAsleep; }, false, false, false},
      {"target", [](auto& app) { ++app.target.generation; }, false, false, false},
      {"times", [](auto& app) { app.updated_at = AnyTime(); }, false, false, false},
      {"commit", [](auto& app) { app.commit = std::string(40, 'e'); }, true, false, false},
      {"method", [](auto& app) { app.build.method += "x"; }, true, false, false},
      {"settings", [](auto& app) { app.build.settings += "x"; }, true, false, false},
      {"artifact path", [](auto& app) { app.artifact_path += "x"; }, true, false, false},
      {"entrypoint", [](auto& app) { app.run.entrypoint += "x"; }, false, true, false},
      {"command", [](auto& app) { app.run.command += "x"; }, false, true, false},
      {"restart", [](auto& app) { ++app.restart_nonce; }, false, true, false},
      {"port",
       [](auto& app) {
         app.ports.push_back({9, 9});
       },
       false, true, false},
      {"variable of runs", variable(model::EnvScope::kRun), false, true, false},
      {"variable of builds", variable(model::EnvScope::kBuild), true, false, false},
      {"variable of both", variable(model::EnvScope::kBoth), true, true, false},
      {"website", website([](auto&) {}), false, false, true},
  };
}

RC_GTEST_PROP(PlanProperties, Keys_EachEditChangesItsKeysAlone, ()) {
  model::AppSnapshot snapshot = AnySnapshot();
  const Keys before(snapshot.app);
  const Edit edit = OneOf(Edits());
  RC_LOG() << edit.what << '\n' << rc::toString(snapshot);
  RC_TAG(edit.what);
  edit.change(snapshot.app);
  const Keys after(snapshot.app);
  RC_ASSERT((before.build != after.build) == edit.build);
  RC_ASSERT((before.run != after.run) == edit.run);
  RC_ASSERT((before.route != after.route) == edit.route);
}

// What a build, a container or the routes depend on, written out at length.
std::string Spelled(const std::vector<model::EnvVar>& env, bool (model::EnvVar::*scope)() const) {
  std::map<std::string, std::string> sorted;
  for (const model::EnvVar& v : env) {
    if ((v.*scope)()) sorted[v.key] = v.value.Reveal();
  }
  return rc::toString(sorted);
}

RC_GTEST_PROP(PlanProperties, Keys_AreEqualExactlyForEqualInputs, ()) {
  model::AppSnapshot one = FreshApp(), other = FreshApp();
  AnySettings(one.app);
  other.app = one.app;  // mostly alike, else equality would never be met
  if (Coin()) other.app.env = AnyEnv();
  if (Coin()) other.app.ports = Several<model::PortPublication>(2, AnyPort);
  if (Coin()) other.app.run.command = AnyWord();
  if (Coin()) other.app.build.settings = AnyWord();
  if (Coin()) other.app.websites = AnyWebsites();
  const auto sorted = [](auto values, auto less) {
    std::sort(values.begin(), values.end(), less);
    return values;
  };
  const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
  const auto env_equal = [&](bool (model::EnvVar::*scope)() const) {
    return Spelled(one.app.env, scope) == Spelled(other.app.env, scope);
  };
  const Keys a(one.app), b(other.app);
  RC_ASSERT((a.build == b.build) ==
            (one.app.build == other.app.build && env_equal(&model::EnvVar::InBuild)));
  RC_ASSERT((a.run == b.run) ==
            (one.app.run == other.app.run && env_equal(&model::EnvVar::InRun) &&
             sorted(one.app.ports, std::less<>()) == sorted(other.app.ports, std::less<>())));
  RC_ASSERT((a.route == b.route) ==
            (sorted(one.app.websites, by_id) == sorted(other.app.websites, by_id)));
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
  const int what = Number(9);
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
