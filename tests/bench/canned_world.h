// Applications that are all as they should be, and the answers to what loops ask about them. Copies
// values and does nothing else, so that what is measured is the loops.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "plan/conditions.h"
#include "plan/deploy.h"
#include "plan/seen.h"
#include "plan/test_snapshots.h"
#include "reconcile/engine.h"
#include "reconcile/loops.h"

namespace ns::bench {

// As the releaser does where what it runs has changed.
inline void Retarget(model::AppSnapshot& snapshot) {
  const int64_t generation = snapshot.app.target.generation + 1;
  const auto retarget = plan::DecideTarget(snapshot, plan::testing::kKey);
  snapshot.app.target = retarget->next;
  snapshot.app.target.generation = generation;
  if (retarget->release) snapshot.release = retarget->release;
  snapshot.release->id = snapshot.app.target.release = plan::testing::IdOf<ReleaseId>(1);
}

// Ten variables, twenty builds, deployed.
inline model::AppSnapshot SettledApp(int number) {
  using namespace plan::testing;
  model::AppSnapshot snapshot = FreshApp();
  snapshot.app.id = IdOf<AppId>(number);
  snapshot.app.backend = "fake";
  snapshot.version = 1;
  for (int i = 0; i < 10; ++i) {
    model::EnvVar variable;
    variable.key = "VARIABLE_" + std::to_string(i);
    variable.value = Secret("a value of middling length, number " + std::to_string(i));
    snapshot.app.env.push_back(variable);
  }
  for (int i = 0; i < 20; ++i)
    snapshot.builds.push_back(BuildOf(snapshot, i + 1, kCommitA, model::BuildStatus::kSucceeded));
  snapshot.conditions = plan::BuildConditions(snapshot);
  Retarget(snapshot);
  return snapshot;
}

struct CannedWorld {
  std::map<std::string, model::AppSnapshot> apps;
  std::map<std::string, model::Target> applied;
  int64_t backend_calls = 0, store_calls = 0;

  explicit CannedWorld(int count) {
    for (int i = 1; i <= count; ++i) {
      model::AppSnapshot app = SettledApp(i);
      applied.emplace(app.app.id.str(), app.app.target);
      apps.emplace(app.app.id.str(), std::move(app));
    }
  }

  reconcile::Outcome Answer(const reconcile::Effect& effect) {
    using namespace reconcile;
    if (const auto* list = std::get_if<ListKeys>(&effect)) return List(list->loop);
    if (const auto* load = std::get_if<LoadApp>(&effect)) {
      ++store_calls;
      return reconcile::Answer(apps.at(load->id.str()));
    }
    if (const auto* look = std::get_if<ObserveApp>(&effect)) {
      ++backend_calls;
      return reconcile::Answer(Seen(look->app));
    }
    if (const auto* apply = std::get_if<ApplyApp>(&effect)) {
      ++backend_calls;
      applied[apply->desired.id.str()] = apps.at(apply->desired.id.str()).app.target;
    } else if (const auto* history = std::get_if<LoadHistory>(&effect)) {
      ++store_calls;
      model::AppHistory out;
      const model::AppSnapshot& app = apps.at(history->id.str());
      out.app = app.app;
      out.version = app.version;
      return reconcile::Answer(std::move(out));
    } else {
      ++store_calls;
    }
    return reconcile::Answer();
  }

 private:
  reconcile::Outcome List(reconcile::LoopId loop) {
    reconcile::Keys keys;
    for (const auto& [id, app] : apps) keys.push_back({id, app.version, app.app.backend});
    ++store_calls;
    if (loop == reconcile::LoopId::kObserver) {
      ++backend_calls;  // the survey
      for (model::Versioned& key : keys)
        key.version = plan::SeenVersion(key.version, Seen(AppId(key.key)));
    }
    return reconcile::Answer(std::move(keys));
  }
  model::ObservedApp Seen(const AppId& id) const {
    const model::Target& target = applied.at(id.str());
    model::ObservedApp seen;
    seen.id = id;
    seen.exists = seen.converged = true;
    seen.fence = {1, target.generation};
    seen.state = target.state;
    seen.route_key = target.route_key;
    seen.serving_run_key = target.run_key;
    seen.ready = seen.wanted = 1;
    seen.reason = "Running";
    return seen;
  }
};

// Loops over a canned world in virtual time.
class Rig {
 public:
  Rig(CannedWorld& world, const std::vector<reconcile::LoopId>& loops)
      : world_(world), engine_(random_) {
    for (const reconcile::LoopId loop : loops) engine_.Add(Make(loop), {});
  }

  // Lets a period pass: a relist of all keys, and whatever it starts. The number of effects.
  int64_t Relist() {
    const Duration end = now_ + std::chrono::minutes(3);
    int64_t effects = Drain(engine_.Tick(now_));
    while (now_ < end) {
      now_ = std::min(engine_.NextDue(), end);
      if (now_ < end) effects += Drain(engine_.Tick(now_));
    }
    return effects;
  }

  // Wakes a key, and runs on until a loop asks for an effect of kind E. Whether one did.
  template <class E>
  bool Until(const reconcile::Wake& wake) {
    Put(engine_.Hint(wake, now_));
    while (!commands_.empty()) {
      const auto* request = std::get_if<reconcile::Request>(&commands_.front());
      if (request != nullptr && std::holds_alternative<E>(request->effect)) return true;
      One();
    }
    return false;
  }
  // Carries out what is left.
  void Finish() { Drain({}); }

 private:
  static std::unique_ptr<reconcile::Loop> Make(reconcile::LoopId loop) {
    using reconcile::LoopId;
    if (loop == LoopId::kRegisterer) return reconcile::NewRegisterer(plan::testing::kKey);
    if (loop == LoopId::kReleaser) return reconcile::NewReleaser(plan::testing::kKey);
    if (loop == LoopId::kSynchronizer)
      return reconcile::NewSynchronizer({1, "", plan::testing::kKey});
    if (loop == LoopId::kObserver) return reconcile::NewObserver({1, ""});
    return reconcile::NewCleaner({});
  }
  void Put(reconcile::Commands commands) {
    std::move(commands.begin(), commands.end(), std::back_inserter(commands_));
  }
  void One() {
    const reconcile::Command command = std::move(commands_.front());
    commands_.pop_front();
    if (const auto* request = std::get_if<reconcile::Request>(&command))
      Put(engine_.Done(request->ticket, world_.Answer(request->effect), now_));
  }
  int64_t Drain(reconcile::Commands commands) {
    Put(std::move(commands));
    int64_t effects = 0;
    for (; !commands_.empty(); ++effects) One();
    return effects;
  }

  CannedWorld& world_;
  SeededRandom random_{1};
  reconcile::Engine engine_;
  std::deque<reconcile::Command> commands_;
  Duration now_ = Duration::zero();
};

}  // namespace ns::bench
