#include "ssgen/turns.h"

namespace ns::ssgen {
namespace {

// A deadline is on a clock that need not be the one of the waiting.
constexpr Duration kSlice = std::chrono::milliseconds(50);

}  // namespace

Status CheckCall(const ports::Call& call, const Clock& clock) {
  if (call.cancel.stop_requested())
    return {Code::kCancelled, "Cancelled", "the call was cancelled"};
  if (!call.deadline || clock.Monotonic() < *call.deadline) return {};
  return Status(Code::kDeadline, "TimedOut", "the deadline of the call has passed")
      .SetFault(Fault::kPlatform);
}

Result<Turns::Turn> Turns::Take(const ports::Call& call, const Clock& clock,
                                const std::string& key) {
  const Lock lock(mutex_);
  const auto free = [&]() NS_REQUIRES(mutex_) { return !taken_.contains(key); };
  do {
    NS_TRY(CheckCall(call, clock));
  } while (!given_.wait_for(mutex_, call.cancel, kSlice, free));
  taken_.insert(key);
  return Turn(*this, key);
}

void Turns::Give(const std::string& key) {
  const Lock lock(mutex_);
  taken_.erase(key);
  given_.notify_all();
}

}  // namespace ns::ssgen
