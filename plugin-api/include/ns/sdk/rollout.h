// The rollout of one application as a pure step planner: pull, start beside, probe, switch the
// route, confirm, drain, stop, remove.
//
// A Rollout is told what is wanted (Goal), then again and again what is there (Seen) and the time,
// and names the next step. Whoever carries the step out reports what came of it. It does no I/O and
// keeps no clock; the same code runs in a backend and in a simulation. Whatever happened before it
// was made (a crash in the middle, another rollout cancelled) is in Seen: a new Rollout finishes
// it.
//
// Promises, for strategy kRolling: the routes lead to replicas that were ready when they were
// routed (and, where an old one serves meanwhile, that did not end within Goal::stays_up), and no
// replica that the routes in force lead to, or may lead to, is stopped. When a new replica fails,
// the routes stay as they are and the failed one is stopped, and kept for its output until the next
// start. A new replica that ends is a failure, and not started again by the same rollout.
// kRecreate: old replicas end before new ones start; when a new one fails, the old ones are started
// again.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ns/abi/reasons.h"
#include "ns/sdk/app.h"

namespace ns::sdk {

// What a replica does. kNew: made, never ran.
enum class Life { kNew, kRunning, kRestarting, kEnded };

struct Replica {
  std::string id;   // the platform's
  std::string key;  // the Goal::key it was made for
  Life life = Life::kNew;
  bool sound = true;              // as it was made; false: somebody changed it by hand
  int64_t order = 0;              // grows with the time of making
  Nanoseconds draining_since{0};  // no route leads to it since then; 0: not yet said
  bool Alive() const { return life == Life::kRunning || life == Life::kRestarting; }
  friend bool operator==(const Replica&, const Replica&) = default;
};

// What is there at one moment.
struct Seen {
  Fence newest{};  // highest fence that anybody brought for this application
  std::vector<Replica> replicas{};
  std::string route_key{};          // of the routes in force; empty: none were ever written
  std::set<std::string> targets{};  // ids of the replicas that the routes in force lead to; empty:
                                    // the page, or nothing
  bool routes_intact = true;        // the routes stand as they were written
  friend bool operator==(const Seen&, const Seen&) = default;
};

struct Goal {
  Fence fence;
  bool run = false;  // false: no replica is left, and routes lead to the page
  Strategy strategy = Strategy::kRolling;
  std::string key;        // replicas of another key are replaced
  std::string route_key;  // routes of another key are rewritten
  int replicas = 1;
  Nanoseconds probe_period = std::chrono::milliseconds(200);
  Nanoseconds probe_timeout = std::chrono::seconds(60);  // until a new replica must be ready
  Nanoseconds stays_up = std::chrono::milliseconds(
      1500);  // and it must be ready for that long after its start while an old one serves
  Nanoseconds confirm_timeout = std::chrono::seconds(15);  // until the routes must be in force
  Nanoseconds drain_limit =
      std::chrono::seconds(30);  // then a replica is stopped with whatever is open on it
  Nanoseconds drain_quiet = std::chrono::milliseconds(300);  // nothing open for that long: drained
  Nanoseconds stop_grace =
      std::chrono::seconds(10);  // between asking a replica to end and killing it
};

enum class StepKind {
  kPull,        // get the image
  kStart,       // make and start one replica beside the others
  kProbe,       // try once whether `replica` is ready
  kRoute,       // write routes of Goal::route_key that lead to `targets` (none: to the page)
  kConfirm,     // look whether these routes are in force
  kDrain,       // count what is open on each of `targets`
  kStop,        // ask `replica` to end; do not wait
  kKill,        // end `replica`
  kResume,      // start `replica`, which has ended, again
  kRemove,      // take `replica` away
  kWait,        // look again after `wait`
  kDone,        // all is as the goal says
  kFail,        // it cannot be: `reason`, `message`
  kSuperseded,  // a higher fence came
};

struct Step {
  StepKind kind = StepKind::kDone;
  std::string replica{};
  std::set<std::string> targets{};
  Nanoseconds wait{0};
  std::string reason{}, message{};
  friend bool operator==(const Step&, const Step&) = default;
};

// What a probe saw. kBroken: it will never be ready (it ended).
enum class Readiness { kReady, kNotYet, kBroken };

// The phase of the timeline that a step belongs to; "" for steps that begin none.
inline std::string PhaseOf(StepKind kind) {
  switch (kind) {
    case StepKind::kPull:
      return "pull";
    case StepKind::kStart:
      return "start";
    case StepKind::kProbe:
      return "probe";
    case StepKind::kRoute:
      return "switch";
    case StepKind::kDrain:
      return "drain";
    case StepKind::kStop:
    case StepKind::kRemove:
      return "remove";
    case StepKind::kDone:
      return "done";
    default:
      return "";
  }
}

class Rollout {
 public:
  explicit Rollout(Goal goal) : goal_(std::move(goal)) {}

  const Goal& goal() const { return goal_; }

  // The next step. Total: whatever is seen, there is an answer. `now`: from any fixed point, the
  // same as that of Replica::draining_since.
  Step Next(const Seen& seen, Nanoseconds now) {
    if (seen.newest > goal_.fence) return {.kind = StepKind::kSuperseded};
    if (!found_) found_ = IdsOf(seen.replicas);
    const Split split = Divide(seen);
    if (!failure_.reason.empty()) return GiveUp(seen, now);
    if (auto step = MakeReplicas(seen, split, now)) return *step;
    if (auto step = MakeReady(seen, split, now)) return *step;
    if (auto step = MakeRoutes(seen, split, now)) return *step;
    if (auto step = ClearAway(split.rest, now)) return *step;
    return {.kind = StepKind::kDone};
  }

  // What came of the last step of that kind.
  void Pulled() { pulled_ = true; }
  void Probed(const std::string& replica, Readiness readiness, std::string reason,
              std::string message, Nanoseconds now) {
    last_probe_[replica] = {now, std::move(reason), std::move(message)};
    const Nanoseconds up = now - probe_since_.emplace(replica, now).first->second;
    if (readiness == Readiness::kReady && (up >= goal_.stays_up || !old_serves_))
      ready_.insert(replica);
    if (readiness == Readiness::kBroken)
      Fail(last_probe_[replica].reason, last_probe_[replica].message);
  }
  void Routed(Nanoseconds now) {
    confirmed_ = false;
    routed_at_ = now;
    last_confirm_ = kNever;
  }
  void Confirmed(bool in_force, std::string what_is_missing, Nanoseconds now) {
    if (routed_at_ == kNever) routed_at_ = now;
    confirmed_ = in_force;
    last_confirm_ = now;
    unconfirmed_ = std::move(what_is_missing);
  }
  void Counted(const std::string& replica, int open, Nanoseconds now) {
    Draining& draining = draining_[replica];
    draining.last_count = now;
    draining.open = open;
    if (open != 0)
      draining.quiet_since = kNever;
    else if (draining.quiet_since == kNever)
      draining.quiet_since = now;
  }
  void AskedToStop(const std::string& replica, Nanoseconds now) {
    stop_asked_.emplace(replica, now);
  }
  // The step cannot be done, now or ever: the rollout is undone as far as nobody notices, then ends
  // with kFail.
  void Fail(std::string reason, std::string message) {
    if (failure_.reason.empty()) failure_ = {std::move(reason), std::move(message)};
  }
  // What was open on a replica when it was last counted.
  int OpenOn(const std::string& replica) const {
    const auto found = draining_.find(replica);
    return found == draining_.end() ? 0 : found->second.open;
  }

 private:
  static constexpr Nanoseconds kNever{-1};
  static constexpr Nanoseconds kPoll = std::chrono::milliseconds(50);
  using MaybeStep = std::optional<Step>;

  struct Failure {
    std::string reason, message;
  };
  struct Try {
    Nanoseconds at;
    std::string reason, message;
  };
  struct Draining {
    Nanoseconds first = kNever, quiet_since = kNever, last_count = kNever;
    int open = 0;
  };
  // Replicas that shall serve, and all others.
  struct Split {
    std::vector<Replica> keep, rest;
  };

  // Of the replicas that fit the goal, those that serve are kept first, then the newest.
  Split Divide(const Seen& seen) const {
    Split split;
    for (const Replica& replica : seen.replicas) {
      const bool fits = goal_.run && replica.key == goal_.key && replica.sound && replica.Alive() &&
                        !stop_asked_.contains(replica.id);
      (fits ? split.keep : split.rest).push_back(replica);
    }
    const auto rank = [&](const Replica& r) {
      return std::make_pair(!seen.targets.contains(r.id), -r.order);
    };
    std::stable_sort(split.keep.begin(), split.keep.end(),
                     [&](const Replica& a, const Replica& b) { return rank(a) < rank(b); });
    const size_t most = static_cast<size_t>(std::max(goal_.replicas, 0));
    while (split.keep.size() > most) {
      split.rest.push_back(split.keep.back());
      split.keep.pop_back();
    }
    return split;
  }

  // -- enough replicas --
  MaybeStep MakeReplicas(const Seen& seen, const Split& split, Nanoseconds now) {
    if (!goal_.run || split.keep.size() >= static_cast<size_t>(std::max(goal_.replicas, 0)))
      return std::nullopt;
    if (!pulled_) return Step{.kind = StepKind::kPull};
    if (auto step = FindEnded(seen, split.rest, now)) return step;
    for (const Replica& replica :
         split.rest) {  // what earlier tries left; not what served, which may be needed again
      if (!replica.Alive() && !seen.targets.contains(replica.id))
        return Of(StepKind::kRemove, replica);
    }
    if (goal_.strategy == Strategy::kRecreate) {
      if (auto step = EndAll(split.rest, now)) return step;
    }
    return Step{.kind = StepKind::kStart};
  }

  // A replica of this rollout that has ended without being asked is a failure, however soon it
  // ended: another one would end as well. A last probe says why.
  MaybeStep FindEnded(const Seen& seen, const std::vector<Replica>& rest, Nanoseconds now) {
    for (const Replica& replica : rest) {
      if (replica.Alive() || found_->contains(replica.id) || stop_asked_.contains(replica.id))
        continue;
      if (asked_why_.insert(replica.id).second) return Of(StepKind::kProbe, replica);
      const Try& last = last_probe_[replica.id];
      Fail(last.reason.empty() ? NS_REASON_CONTAINER_EXITED : last.reason, last.message);
      return GiveUp(seen, now);
    }
    return std::nullopt;
  }

  // -- each of them ready --
  MaybeStep MakeReady(const Seen& seen, const Split& split, Nanoseconds now) {
    MaybeStep wait;
    old_serves_ = std::any_of(split.rest.begin(), split.rest.end(), [&](const Replica& r) {
      return r.Alive() && seen.targets.contains(r.id);
    });
    for (const Replica& replica : split.keep) {
      if (ready_.contains(replica.id)) continue;
      if (replica.life == Life::kRunning && seen.targets.contains(replica.id))
        continue;  // it serves
      const Nanoseconds since = probe_since_.emplace(replica.id, now).first->second;
      const auto last = last_probe_.find(replica.id);
      if (last == last_probe_.end()) return Of(StepKind::kProbe, replica);
      if (now - since >= std::max(goal_.probe_timeout, goal_.stays_up + goal_.probe_period * 2)) {
        Fail(last->second.reason.empty() ? NS_REASON_PROBE_FAILED : last->second.reason,
             last->second.message);
        return GiveUp(seen, now);
      }
      // Tries come fast at first, since most programs are up soon: a quarter of the time waited so
      // far, up to the period.
      const Nanoseconds pause = std::clamp<Nanoseconds>(
          (now - since) / 4, std::chrono::milliseconds(10), goal_.probe_period);
      if (now - last->second.at >= pause) return Of(StepKind::kProbe, replica);
      wait = Sooner(wait, last->second.at + pause - now);
    }
    return wait;
  }

  // -- routes lead to exactly these --
  MaybeStep MakeRoutes(const Seen& seen, const Split& split, Nanoseconds now) {
    std::set<std::string> wanted;
    for (const Replica& replica : split.keep) wanted.insert(replica.id);
    if (seen.targets != wanted || seen.route_key != goal_.route_key || !seen.routes_intact)
      return Step{.kind = StepKind::kRoute, .targets = std::move(wanted)};
    if (confirmed_) return std::nullopt;
    if (last_confirm_ != kNever && now - last_confirm_ < kConfirmPeriod)
      return WaitFor(last_confirm_ + kConfirmPeriod - now);
    if (routed_at_ != kNever && now - routed_at_ >= goal_.confirm_timeout) {
      Fail(NS_REASON_ROUTE_NOT_CONFIRMED, unconfirmed_);
      return GiveUp(seen, now);
    }
    return Step{.kind = StepKind::kConfirm, .targets = std::move(wanted)};
  }

  // -- nothing else left --
  MaybeStep ClearAway(const std::vector<Replica>& rest, Nanoseconds now) {
    for (const Replica& replica : rest) {
      if (!replica.Alive()) return Of(StepKind::kRemove, replica);
    }
    return EndAll(rest, now);
  }

  // Drains and stops what runs; nothing when all have ended.
  MaybeStep EndAll(const std::vector<Replica>& replicas, Nanoseconds now) {
    Step count{.kind = StepKind::kDrain};
    MaybeStep wait;
    for (const Replica& replica : replicas) {
      if (!replica.Alive()) continue;
      if (auto asked = stop_asked_.find(replica.id); asked != stop_asked_.end()) {
        if (now - asked->second >= goal_.stop_grace) return Of(StepKind::kKill, replica);
        wait = Sooner(wait, kPoll);
      } else if (Drained(replica, now)) {
        return Of(StepKind::kStop, replica);
      } else if (now - draining_[replica.id].last_count >= kPoll ||
                 draining_[replica.id].last_count == kNever) {
        count.targets.insert(replica.id);
      } else {
        wait = Sooner(wait, kPoll);
      }
    }
    return count.targets.empty() ? wait : MaybeStep(std::move(count));
  }

  bool Drained(const Replica& replica, Nanoseconds now) {
    if (goal_.strategy == Strategy::kRecreate)
      return true;  // what waits for its port or volume waits for nothing else
    Draining& draining = draining_[replica.id];
    if (draining.first == kNever)
      draining.first = replica.draining_since.count() > 0
                           ? std::min(replica.draining_since, now)  // later: said before a reboot
                           : now;
    if (now - draining.first >= goal_.drain_limit) return true;
    return draining.quiet_since != kNever &&
           draining.last_count - draining.quiet_since >= goal_.drain_quiet;
  }

  // -- failed: what serves goes on, what is new ends and is kept for its output --
  // What routes led to before may still be reached: the routes may not be in force, or requests are
  // open on it. Nobody knows where routes lead that are not as written.
  MaybeStep StopNew(const Seen& seen, Nanoseconds now) {
    MaybeStep wait;
    if (!seen.routes_intact) return wait;
    for (const Replica& replica : seen.replicas) {
      const bool routed = seen.targets.contains(replica.id) || replica.draining_since.count() > 0;
      if (replica.key != goal_.key || !replica.Alive() || routed) continue;
      const auto asked = stop_asked_.find(replica.id);
      if (asked == stop_asked_.end()) return Of(StepKind::kStop, replica);
      if (now - asked->second >= goal_.stop_grace) return Of(StepKind::kKill, replica);
      wait = Sooner(wait, kPoll);
    }
    return wait;
  }

  Step GiveUp(const Seen& seen, Nanoseconds now) {
    if (auto step = StopNew(seen, now)) return *step;
    for (const Replica& replica : seen.replicas) {  // kRecreate: what served before serves again
      const bool served =
          seen.targets.contains(replica.id) && replica.life == Life::kEnded && replica.sound;
      if (served && resumed_.insert(replica.id).second) return Of(StepKind::kResume, replica);
    }
    return {.kind = StepKind::kFail, .reason = failure_.reason, .message = failure_.message};
  }

  static std::set<std::string> IdsOf(const std::vector<Replica>& replicas) {
    std::set<std::string> ids;
    for (const Replica& replica : replicas) ids.insert(replica.id);
    return ids;
  }
  static Step Of(StepKind kind, const Replica& replica) {
    return {.kind = kind, .replica = replica.id};
  }
  static Step WaitFor(Nanoseconds time) { return {.kind = StepKind::kWait, .wait = time}; }
  static MaybeStep Sooner(const MaybeStep& wait, Nanoseconds time) {
    return WaitFor(wait ? std::min(wait->wait, time) : time);
  }

  static constexpr Nanoseconds kConfirmPeriod = std::chrono::milliseconds(20);

  const Goal goal_;
  bool pulled_ = false, confirmed_ = false, old_serves_ = false;
  Nanoseconds routed_at_ = kNever, last_confirm_ = kNever;
  std::string unconfirmed_;
  Failure failure_;
  std::optional<std::set<std::string>> found_;  // ids of the replicas at the first look
  std::set<std::string> ready_, resumed_, asked_why_;
  std::map<std::string, Nanoseconds> probe_since_, stop_asked_;
  std::map<std::string, Try> last_probe_;
  std::map<std::string, Draining> draining_;
};

}  // namespace ns::sdk
