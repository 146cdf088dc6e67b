// What accompanies every fallible call: deadline, cancellation, trace.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "ns/sdk/error.h"
#include "ns/sdk/timing.h"

namespace ns::sdk {

// A view of the host's ns_call: copy it freely, but do not keep it past the call. [any-thread]
class Call {
 public:
  using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC

  // NULL: a call without deadline that is never cancelled, for tests. `timing` must outlive it.
  explicit Call(const ns_call* raw = nullptr, const Timing& timing = Timing::System())
      : raw_(raw), timing_(&timing) {}

  const ns_call* raw() const { return raw_; }
  const Timing& timing() const { return *timing_; }
  bool Cancelled() const { return raw_ && raw_->cancelled && raw_->cancelled(raw_) != 0; }
  // Readable once cancelled; -1: there is none, poll Cancelled().
  int CancelFd() const { return raw_ ? raw_->cancel_fd : -1; }
  std::optional<Clock::time_point> Deadline() const {
    if (!raw_ || raw_->deadline_ns == 0) return std::nullopt;
    return Clock::time_point(std::chrono::nanoseconds(raw_->deadline_ns));
  }
  // Until the deadline, not below zero; `most` when that is less or there is no deadline.
  Clock::duration Remaining(Clock::duration most) const {
    const auto deadline = Deadline();
    return deadline ? std::clamp(*deadline - Now(), Clock::duration::zero(), most) : most;
  }
  bool Expired() const { return Deadline() && *Deadline() <= Now(); }
  std::string_view Traceparent() const {
    return raw_ ? View(raw_->traceparent) : std::string_view();
  }

  // Throws when the call was cancelled or its deadline has passed. Call it between steps.
  void Check() const {
    if (Cancelled()) throw Error(NS_E_CANCELLED, NS_REASON_CANCELLED, "The call was cancelled.");
    if (Expired())
      throw Error(NS_E_DEADLINE, NS_REASON_TIMED_OUT, "The deadline of the call has passed.",
                  Fault::kPlatform);
  }

  // Waits that long, or less: throws as Check() as soon as the call is over.
  void Wait(Clock::duration time) const {
    const auto until = Now() + time;
    for (Check(); Now() < until; Check())
      timing_->WaitOnce(CancelFd(), std::min(until - Now(), Remaining(time)));
  }

 private:
  Clock::time_point Now() const { return Clock::time_point(timing_->Monotonic()); }

  const ns_call* raw_;
  const Timing* timing_;
};

}  // namespace ns::sdk
