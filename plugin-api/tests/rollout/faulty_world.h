// A platform of values that does to the planner what platforms do: programs that end or are never
// ready, a proxy that takes its time, calls that fail before or after their effect, a driver that
// dies at any step, and people who change things by hand. What is true and what the driver has seen
// are two things. Promises that are broken are written down.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ns/sdk/rollout.h"

namespace ns::sdk {

enum class Mishap {
  kCrash,         // the driver dies before the step
  kCrashAfter,    // the driver dies after the step, before anything of it is written down
  kFailBefore,    // the step fails without effect
  kFailAfter,     // the step takes effect, and fails all the same
  kReplicaDies,   // one of them
  kReplicaGoes,   // one is taken away by hand
  kReplicaEdit,   // one is changed by hand
  kRoutesEdit,    // the routes are changed by hand: they lead nowhere
  kReplicaLoops,  // one ends and is started again by the platform, again and again
};
inline constexpr int kMishaps = 9;

struct Event {
  int at = 0;  // number of the step
  Mishap what = Mishap::kCrash;
  size_t which = 0;  // replica
};

// How programs of one key behave.
struct Program {
  Nanoseconds ready_after{0};    // -1: never
  Nanoseconds ends_after{-1};    // -1: never
  Nanoseconds requests_last{0};  // of those open when the routes leave it
  bool deaf = false;             // to the signal to end
};

class FaultyWorld {
 public:
  std::map<std::string, Program> programs;
  Nanoseconds proxy_takes{0};
  std::vector<std::string> broken;
  std::vector<std::string> story;
  int steps = 0;
  Nanoseconds now = std::chrono::seconds(1000);

  std::string Add(const std::string& key, Life life = Life::kRunning) {
    const std::string id = "r" + std::to_string(++made_);
    real_.replicas.push_back({.id = id, .key = key, .life = life, .order = made_});
    started_[id] = now - (life == Life::kRunning ? std::chrono::hours(1) : Nanoseconds(0));
    return id;
  }
  void Route(const std::set<std::string>& targets, const std::string& key) {
    real_.targets = in_force_ = pending_ = was_ready_ = targets;
    real_.route_key = key;
  }

  const Seen& real() const { return real_; }
  const std::set<std::string>& in_force() const { return in_force_; }

  // Requests are answered.
  bool Serves() const {
    return std::any_of(in_force_.begin(), in_force_.end(), [&](const auto& id) {
      const Replica* replica = Find(id);
      return replica != nullptr && replica->life == Life::kRunning && ReadyNow(*replica);
    });
  }

  // One pass: carries out the steps of a new Rollout until it ends; kWait: the driver died.
  Step Pass(const Goal& goal, const std::vector<Event>& events) {
    constexpr int kMost = 5000;
    Rollout rollout(goal);
    failed_ = false;
    failed_twice_ = false;
    asked_.clear();
    Look();
    for (int i = 0; i < kMost; ++i) {
      const Step step = rollout.Next(seen_, now);
      if (step.kind == StepKind::kDone || step.kind == StepKind::kFail ||
          step.kind == StepKind::kSuperseded) {
        Tell(step);
        return step;
      }
      if (!One(rollout, step, events)) return {.kind = StepKind::kWait};
      if (failed_twice_) return {.kind = StepKind::kFail};
    }
    Break("comes to no end");
    return {.kind = StepKind::kFail};
  }

  // From here on all goes well: programs stay up, the proxy is quick.
  void Heal() {
    for (auto& [key, program] : programs)
      program.ready_after = Nanoseconds(0), program.ends_after = Nanoseconds(-1);
    for (Replica& replica : real_.replicas) {
      if (replica.life == Life::kRestarting) replica.life = Life::kRunning;
    }
    proxy_takes = Nanoseconds(0);
    pending_at_ = now;
  }

 private:
  const Replica* Find(const std::string& id) const {
    const auto found = std::find_if(real_.replicas.begin(), real_.replicas.end(),
                                    [&](const Replica& r) { return r.id == id; });
    return found == real_.replicas.end() ? nullptr : &*found;
  }
  Replica* Find(const std::string& id) {
    return const_cast<Replica*>(std::as_const(*this).Find(id));
  }
  bool ReadyNow(const Replica& replica) const {
    const auto program = programs.find(replica.key);
    if (program == programs.end()) return true;
    return program->second.ready_after.count() >= 0 &&
           now - started_.at(replica.id) >= program->second.ready_after;
  }
  void Look() {
    Nature();
    seen_ = real_;
  }

  // Time passes: the proxy takes up what was written, programs end.
  void Nature() {
    if (in_force_ != pending_ && now >= pending_at_) in_force_ = pending_;
    for (Replica& replica : real_.replicas) {
      const Program& program = programs[replica.key];
      if (replica.life == Life::kRunning && program.ends_after.count() >= 0 &&
          now - started_[replica.id] >= program.ends_after)
        replica.life = Life::kEnded;
    }
  }

  void Tell(const Step& step) {
    static constexpr const char* kNames[] = {"pull",  "start", "probe",  "route",     "confirm",
                                             "drain", "stop",  "kill",   "resume",    "remove",
                                             "wait",  "done",  "failed", "superseded"};
    std::string what = kNames[static_cast<size_t>(step.kind)];
    for (const std::string& id : step.targets) what += " " + id;
    what += " " + step.replica + step.reason;
    const bool again = step.kind == StepKind::kProbe && last_told_.starts_with("probe");
    if (step.kind == StepKind::kWait || what == last_told_ || again) return;
    last_told_ = what;
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    story.push_back("step " + std::to_string(steps + 1) + " at " + std::to_string(passed) +
                    " ms: " + what);
  }
  void Break(const std::string& what) {
    broken.push_back("step " + std::to_string(steps) + ": " + what);
  }

  // False: the driver died.
  bool One(Rollout& rollout, const Step& step, const std::vector<Event>& events) {
    Tell(step);
    ++steps;
    bool crash = false, crash_after = false, fail_before = false, fail_after = false;
    for (const Event& event : events) {
      if (event.at != steps) continue;
      story.push_back("mishap " + std::to_string(static_cast<int>(event.what)) + " " +
                      std::to_string(event.which));
      crash |= event.what == Mishap::kCrash;
      crash_after |= event.what == Mishap::kCrashAfter;
      fail_before |= event.what == Mishap::kFailBefore;
      fail_after |= event.what == Mishap::kFailAfter;
      ByHand(event);
    }
    Nature();
    if (crash) return false;
    if (step.kind == StepKind::kWait) {
      if (step.wait.count() <= 0) Break("waits for nothing");
      now += step.wait;
      Nature();
      if (std::any_of(seen_.replicas.begin(), seen_.replicas.end(),
                      [&](const Replica& r) { return r.Alive() && asked_.contains(r.id); }))
        Look();
      return true;
    }
    const bool served = Serves();
    bool done = !fail_before && Effect(rollout.goal(), step);
    if (served && !Serves() && step.kind != StepKind::kRoute) Break("nothing serves after it");
    now += std::chrono::milliseconds(1);
    if (crash_after) return false;
    if (fail_after) done = false;
    if (!done) {
      failed_twice_ = failed_;
      failed_ = true;
      rollout.Fail("Failed", "the call failed");
      Look();
      return true;
    }
    Report(rollout, step);
    return true;
  }

  void ByHand(const Event& event) {
    if (event.what == Mishap::kRoutesEdit) {
      in_force_.clear();
      pending_.clear();
      real_.routes_intact = false;
    }
    if (real_.replicas.empty()) return;
    const auto at =
        real_.replicas.begin() + static_cast<std::ptrdiff_t>(event.which % real_.replicas.size());
    switch (event.what) {
      case Mishap::kReplicaDies:
        at->life = Life::kEnded;
        break;
      case Mishap::kReplicaGoes:
        real_.replicas.erase(at);
        break;
      case Mishap::kReplicaEdit:
        at->sound = false;
        break;
      case Mishap::kReplicaLoops:
        if (at->Alive()) at->life = Life::kRestarting;
        break;
      default:
        break;
    }
  }

  // What the step does to the world; false: it cannot be done.
  bool Effect(const Goal& goal, const Step& step) {
    Replica* replica = step.replica.empty() ? nullptr : Find(step.replica);
    switch (step.kind) {
      case StepKind::kStart:
        started_[Add(goal.key)] = now;
        Nature();
        return true;
      case StepKind::kRoute:
        return WriteRoutes(step.targets, goal);
      case StepKind::kStop:
      case StepKind::kKill:
        if (replica == nullptr) return true;
        CheckEnds(goal, *replica, step.kind == StepKind::kKill ? "kills" : "stops");
        if (step.kind == StepKind::kKill || !programs[replica->key].deaf)
          replica->life = Life::kEnded;
        return true;
      case StepKind::kResume:
        if (replica == nullptr) return false;
        replica->life = Life::kRunning;
        started_[replica->id] = now;
        return true;
      case StepKind::kRemove:
        if (replica != nullptr && replica->Alive()) Break("removes " + replica->id + " alive");
        std::erase_if(real_.replicas, [&](const Replica& r) { return r.id == step.replica; });
        return true;
      case StepKind::kProbe:
        return replica != nullptr;
      default:
        return true;
    }
  }

  bool WriteRoutes(const std::set<std::string>& targets, const Goal& goal) {
    for (const std::string& id : targets) {
      const Replica* replica = Find(id);
      if (replica == nullptr) return false;
      if (!was_ready_.contains(id)) Break("routes to " + id + ", never ready");
    }
    for (const std::string& id : in_force_) {
      if (!targets.contains(id)) left_.emplace(id, now);
    }
    for (const std::string& id : pending_) {
      if (!targets.contains(id)) left_.emplace(id, now);
    }
    for (const std::string& id : targets) left_.erase(id);
    pending_ = targets;
    pending_at_ = now + proxy_takes;
    real_.routes_intact = false;  // until it is written down what was written
    if (goal.run && goal.replicas > 0 && targets.empty()) Break("routes to nothing");
    Nature();
    return true;
  }

  // What serves, or may, is not ended; what is open on it ends first, or the limit passes.
  void CheckEnds(const Goal& goal, const Replica& replica, const std::string& how) {
    if (goal.strategy != Strategy::kRolling || !replica.Alive()) return;
    if (in_force_.contains(replica.id) || pending_.contains(replica.id))
      return Break(how + " " + replica.id + ", which requests are sent to");
    const auto left = left_.find(replica.id);
    if (left == left_.end()) return;
    const Nanoseconds gone = now - left->second;
    if (gone < programs[replica.key].requests_last && gone < goal.drain_limit)
      Break(how + " " + replica.id + " with requests open on it");
  }

  // What the driver tells the planner, and writes down.
  void Report(Rollout& rollout, const Step& step) {
    switch (step.kind) {
      case StepKind::kPull:
        return rollout.Pulled();
      case StepKind::kProbe:
        return Probed(rollout, *Find(step.replica));
      case StepKind::kRoute:
        WriteDown(step.targets, rollout.goal().route_key);
        rollout.Routed(now);
        return Look();
      case StepKind::kConfirm:
        Nature();
        return rollout.Confirmed(in_force_ == step.targets && pending_ == step.targets, "not yet",
                                 now);
      case StepKind::kDrain:
        for (const std::string& id : step.targets) rollout.Counted(id, Open(id) ? 1 : 0, now);
        return;
      case StepKind::kStop:
        rollout.AskedToStop(step.replica, now);
        asked_.insert(step.replica);
        return Look();
      default:
        return Look();
    }
  }
  bool Open(const std::string& id) {
    const Replica* replica = Find(id);
    const auto left = left_.find(id);
    return replica != nullptr && left != left_.end() &&
           now - left->second < programs[replica->key].requests_last;
  }
  void Probed(Rollout& rollout, const Replica& replica) {
    const bool ready = replica.life == Life::kRunning && ReadyNow(replica);
    if (ready) was_ready_.insert(replica.id);
    const bool alive = replica.Alive();
    rollout.Probed(replica.id,
                   ready   ? Readiness::kReady
                   : alive ? Readiness::kNotYet
                           : Readiness::kBroken,
                   alive ? NS_REASON_PROBE_FAILED : NS_REASON_CONTAINER_EXITED, "saw", now);
  }
  void WriteDown(const std::set<std::string>& targets, const std::string& route_key) {
    for (Replica& replica : real_.replicas) {
      if (targets.contains(replica.id)) replica.draining_since = Nanoseconds(0);
      if (real_.targets.contains(replica.id) && !targets.contains(replica.id))
        replica.draining_since = now;
    }
    real_.targets = targets;
    real_.route_key = route_key;
    real_.routes_intact = true;
  }

  Seen real_, seen_;
  std::set<std::string> in_force_, pending_, asked_, was_ready_;
  Nanoseconds pending_at_{0};
  std::map<std::string, Nanoseconds> started_, left_;
  std::string last_told_;
  int made_ = 0;
  bool failed_ = false, failed_twice_ = false;
};

}  // namespace ns::sdk
