// One loop: how a key is looked at, step by step.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "reconcile/effect.h"

namespace ns::reconcile {

// How much a wake may disturb.
enum class Urgency {
  kLater,   // the next relist looks, whatever was settled
  kHint,    // look soon; a back-off goes on, so that what a failing pass stirs up does not wake it
            // again
  kPrompt,  // something was changed on purpose: ends a back-off
  kInterrupt,  // what is under way for that key is out of date: cancel it and look again
};

// Another key that should be looked at soon; kEveryKey: all of that loop.
struct Wake {
  LoopId loop;
  Key key;
  Urgency urgency = Urgency::kPrompt;
  friend bool operator==(const Wake&, const Wake&) = default;
};

// The end of a pass. A failure makes the key due again after a growing wait, or after its
// retry_after.
struct Finished {
  Status status;
  std::vector<Wake> wakes;
  std::optional<Duration> again;  // look again after that, also on success
  // On success: there is nothing to do for this key until its version is another. A relist passes
  // it over while it is not.
  std::optional<int64_t> settled{};
  // On success: all is as the conditions have it, and Loop::Told is to say that it was looked at.
  bool unchanged = false;
};

using Step = std::variant<Effect, Finished>;

// When a key is looked at again if nothing wakes it: what conditions tell.
struct Outlook {
  Duration on_success{};
  Duration on_failure{};
  // The key was just listed at the version that the pass before settled at, and nobody has woken it
  // since.
  bool unchanged = false;
};

// One look at one key. Deterministic; owned and driven by the engine.
class Pass {
 public:
  virtual ~Pass() = default;
  // The monotonic time, told before each step, for those that have deadlines to keep.
  virtual void SetNow(Duration) {}
  virtual Step Begin() = 0;
  // `outcome` of the effect that the step before asked for.
  virtual Step Next(Outcome outcome) = 0;
};

// What a loop is made of. `in_flight` bounds the passes under way at once.
class Loop {
 public:
  virtual ~Loop() = default;
  virtual LoopId id() const = 0;
  virtual std::unique_ptr<Pass> NewPass(const Key& key, const Outlook& outlook = {}) = 0;
  // What a key is, and which of its conditions tells that a pass cannot even begin; null: none.
  virtual model::Subject subject() const { return model::Subject::kApplication; }
  virtual const char* condition() const { return nullptr; }
  // Whether a key is looked at with each relist, also where it is settled: what its version tells
  // is only what need not be loaded again.
  virtual bool always_looks() const { return false; }
  // An effect, answered by Keys, that says of these keys that they were looked at and are as they
  // were; null: nobody wants to know. They are those that a relist has passed over and those of
  // passes that ended unchanged, many at a time. What the answer names is looked at once more.
  virtual std::optional<Effect> Told(std::vector<model::Versioned>, const Outlook&) {
    return std::nullopt;
  }
  // That key is not this host's any more.
  virtual void Forget(const Key&) {}
  // What the effect makes use of, where only LoopOptions::per_group passes may do so at once (a
  // remote host, say); empty: nothing. A pass keeps what it uses to its end.
  virtual std::string GroupOf(const Effect&) const { return ""; }
};

// Takes the answer out, or hands the failure to the engine: `if (!outcome.ok()) return
// Failed(outcome.status());`
inline Finished Failed(Status status) {
  return {std::move(status), {}, std::nullopt, std::nullopt};
}
inline Finished Done(std::vector<Wake> wakes = {}) {
  return {Status(), std::move(wakes), std::nullopt, std::nullopt};
}
inline Finished Settled(int64_t version, std::vector<Wake> wakes = {}) {
  return {Status(), std::move(wakes), std::nullopt, version};
}

}  // namespace ns::reconcile
