#include "plugin/gate.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace ns::plugin {
namespace {

// When the host stopped wanting the call; nullopt: it still does.
std::optional<Duration> OverSince(const Flight& flight, Duration now) {
  std::optional<Duration> since;
  if (flight.deadline && *flight.deadline <= now) since = flight.deadline;
  if (const int64_t cancelled = flight.cancelled_at.load(); cancelled != 0) {
    since = since ? std::min(*since, Duration(cancelled)) : Duration(cancelled);
  }
  return since;
}

}  // namespace

Gate::Gate(std::string name, Clock& clock, Duration grace)
    : name_(std::move(name)),
      clock_(clock),
      grace_(grace),
      closed_(Code::kUnavailable, "PluginInactive", "the plugin is not active yet") {}

void Gate::Open() {
  const Lock lock(mutex_);
  open_ = true;
}

void Gate::Close(Status why) {
  {
    const Lock lock(mutex_);
    open_ = false;
    closed_ = std::move(why);
  }
  closing_.request_stop();
}

bool Gate::is_open() const {
  const Lock lock(mutex_);
  return open_;
}

void Gate::SetClosedReason(Status why) {
  const Lock lock(mutex_);
  closed_ = std::move(why);
}

Status Gate::Enter(Flight& flight) {
  const Lock lock(mutex_);
  if (!open_) return closed_.Prefixed("plugin instance " + name_);
  if (auto fenced = FencedLocked()) return *fenced;
  const bool busy =
      flight.control && std::any_of(flights_.begin(), flights_.end(),
                                    [](const Flight* other) { return other->control; });
  if (busy)
    return {Code::kPrecondition,
            "plugin instance " + name_ +
                ": another control call is under way; call it when that has returned"};
  flights_.insert(&flight);
  return {};
}

void Gate::Leave(Flight& flight) {
  const Lock lock(mutex_);
  flights_.erase(&flight);
  if (told_ && !FencedLocked()) {
    told_ = false;
    log::Warn("late plugin has returned; it is used again",
              {{"instance", name_}, {"call", flight.what}});
  }
  left_.notify_all();
}

std::optional<Status> Gate::Fenced() {
  const Lock lock(mutex_);
  return FencedLocked();
}

std::optional<Status> Gate::FencedLocked() {
  const Duration now = clock_.Monotonic();
  for (const Flight* flight : flights_) {
    const auto since = OverSince(*flight, now);
    if (!since || now - *since <= grace_) continue;
    const auto late = std::chrono::duration_cast<std::chrono::seconds>(now - *since);
    Status status(Code::kUnavailable, "PluginFenced",
                  "plugin instance " + name_ + " gets no new calls: its call `" + flight->what +
                      "` should have returned " + std::to_string(late.count()) +
                      " s ago; wait for it, or restart nsd");
    if (!std::exchange(told_, true))
      log::Error("plugin is late and gets no new calls",
                 {{"instance", name_}, {"call", flight->what}});
    return status;
  }
  return std::nullopt;
}

bool Gate::WaitIdle(Duration time) {
  Lock lock(mutex_);
  return left_.wait_for(mutex_, time, [this]() NS_REQUIRES(mutex_) { return flights_.empty(); });
}

}  // namespace ns::plugin
