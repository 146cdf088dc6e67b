// A platform of values for tests of the planner: carries steps out at once, in virtual time, and
// breaks a promise aloud.
#pragma once

#include <gtest/gtest.h>

#include "ns/sdk/rollout.h"

namespace ns::sdk {

struct RolloutWorld {
  Seen seen;
  Nanoseconds now = std::chrono::seconds(1000);
  std::vector<StepKind> steps;  // without kWait, repeated ones once
  std::vector<std::string> broken_promises;
  // Faults and delays.
  int probes_until_ready = 0;  // of each new replica
  bool probe_breaks = false, start_fails = false, route_fails = false, pull_fails = false;
  bool ends_at_once = false;  // a new replica
  int confirms_needed = 0;    // -1: never
  Nanoseconds ends_after{0};  // 0: a new replica does not end
  Nanoseconds open_for{0};    // requests stay open on a replica that long after the switch
  bool ignores_stop = false;
  std::set<std::string> confirmed;  // where requests really go
  std::map<std::string, int> probes;
  std::map<std::string, Nanoseconds> left;  // when routes left a replica
  std::map<std::string, Nanoseconds> first_probe;
  int made = 0, confirms = 0;

  Replica* Find(const std::string& id) {
    for (Replica& replica : seen.replicas) {
      if (replica.id == id) return &replica;
    }
    return nullptr;
  }
  const Replica& Add(const std::string& key, Life life = Life::kRunning) {
    seen.replicas.push_back(
        {.id = "r" + std::to_string(++made), .key = key, .life = life, .order = made});
    return seen.replicas.back();
  }
  // A replica that serves.
  std::string Serving(const std::string& key, const std::string& route_key = "routes") {
    const std::string id = Add(key).id;
    seen.targets.insert(id);
    seen.route_key = route_key;
    confirmed = seen.targets;
    return id;
  }
  int Alive() const {
    return static_cast<int>(std::count_if(seen.replicas.begin(), seen.replicas.end(),
                                          [](const Replica& r) { return r.Alive(); }));
  }

  // Runs to an end; at most `most` steps, for a crash in the middle.
  Step Run(Rollout& rollout, int most = 10'000) {
    for (int i = 0; i < most; ++i) {
      const Step step = rollout.Next(seen, now);
      if (step.kind != StepKind::kWait && (steps.empty() || steps.back() != step.kind))
        steps.push_back(step.kind);
      if (step.kind == StepKind::kDone || step.kind == StepKind::kFail ||
          step.kind == StepKind::kSuperseded)
        return step;
      Do(rollout, step);
      now += std::chrono::milliseconds(1);
    }
    return {.kind = StepKind::kWait};
  }
  Step Run(const Goal& goal, int most = 10'000) {
    Rollout rollout(goal);
    return Run(rollout, most);
  }

  void Do(Rollout& rollout, const Step& step) {
    switch (step.kind) {
      case StepKind::kPull:
        pull_fails ? rollout.Fail(NS_REASON_IMAGE_PULL_FAILED, "gone") : rollout.Pulled();
        break;
      case StepKind::kStart:
        start_fails ? rollout.Fail(NS_REASON_START_FAILED, "no")
                    : void(Add(rollout.goal().key, ends_at_once ? Life::kEnded : Life::kRunning));
        break;
      case StepKind::kProbe:
        Probe(rollout, step.replica);
        break;
      case StepKind::kRoute:
        Route(rollout, step.targets);
        break;
      case StepKind::kConfirm:
        Confirm(rollout, step.targets);
        break;
      case StepKind::kDrain:
        Drain(rollout, step.targets);
        break;
      case StepKind::kStop:
        if (!ignores_stop) End(step.replica);
        rollout.AskedToStop(step.replica, now);
        break;
      case StepKind::kKill:
        End(step.replica);
        break;
      case StepKind::kResume:
        Find(step.replica)->life = Life::kRunning;
        break;
      case StepKind::kRemove:
        Remove(step.replica);
        break;
      case StepKind::kWait:
        EXPECT_GT(step.wait.count(), 0) << "a wait of nothing would spin";
        now += step.wait;
        break;
      default:
        FAIL() << "no step to carry out";
    }
  }

 private:
  void Probe(Rollout& rollout, const std::string& id) {
    const bool ready = ++probes[id] > probes_until_ready;
    const Nanoseconds first = first_probe.emplace(id, now).first->second;
    if (ends_after.count() > 0 && now - first >= ends_after) probe_breaks = true;
    const Readiness readiness = probe_breaks ? Readiness::kBroken
                                : ready      ? Readiness::kReady
                                             : Readiness::kNotYet;
    if (probe_breaks) Find(id)->life = Life::kEnded;
    rollout.Probed(id, readiness,
                   probe_breaks ? NS_REASON_CONTAINER_EXITED
                   : ready      ? ""
                                : NS_REASON_PROBE_FAILED,
                   "saw", now);
  }
  void Route(Rollout& rollout, const std::set<std::string>& targets) {
    if (route_fails) return rollout.Fail(NS_REASON_ROUTE_UNSUPPORTED, "cannot");
    for (const std::string& id : seen.targets) {
      if (!targets.contains(id)) left[id] = now;
    }
    seen.targets = targets;
    seen.route_key = rollout.goal().route_key;
    seen.routes_intact = true;
    rollout.Routed(now);
  }
  void Confirm(Rollout& rollout, const std::set<std::string>& targets) {
    const bool in_force = confirms_needed >= 0 && ++confirms > confirms_needed;
    if (in_force) confirmed = targets;
    rollout.Confirmed(in_force, in_force ? "" : "the proxy shows the old one", now);
  }
  void Drain(Rollout& rollout, const std::set<std::string>& ids) {
    for (const std::string& id : ids)
      rollout.Counted(id, left.contains(id) && now < left[id] + open_for ? 1 : 0, now);
  }
  void End(const std::string& id) {
    if (confirmed.contains(id) && Find(id)->Alive())
      broken_promises.push_back("stopped " + id + ", which serves");
    Find(id)->life = Life::kEnded;
  }
  void Remove(const std::string& id) {
    if (confirmed.contains(id) && Find(id)->Alive())
      broken_promises.push_back("removed " + id + ", which serves");
    std::erase_if(seen.replicas, [&](const Replica& r) { return r.id == id; });
  }
};

}  // namespace ns::sdk
