#include "host/heartbeat.h"

#include <algorithm>
#include <utility>

#include "act/pause.h"
#include "base/log.h"

namespace ns::host {
namespace {

constexpr Duration kPeriod = std::chrono::seconds(3);
constexpr Duration kRetry = std::chrono::seconds(1);

}  // namespace

Heartbeat::Heartbeat(ports::HostStore& hosts, std::function<model::Host()> describe,
                     std::function<void()> changed, Clock& clock)
    : hosts_(hosts), describe_(std::move(describe)), changed_(std::move(changed)), clock_(clock) {
  Beat();
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

Heartbeat::~Heartbeat() {
  thread_.request_stop();
  thread_.join();
  if (const Status left = hosts_.Leave(describe_().id); !left.ok())
    log::Info("the host's row stays until it is out of date", {{"why", left.ToString()}});
}

void Heartbeat::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    act::Pause(stop, heard_ ? kPeriod : kRetry);
    if (!stop.stop_requested()) Beat();
  }
}

bool Heartbeat::LeaseAlive() const { return clock_.Monotonic() < alive_until_.load(); }

// One line when beats begin to fail, not one each.
void Heartbeat::Beat() {
  const Duration asked = clock_.Monotonic();
  const bool was_alive = LeaseAlive();
  const auto alive = hosts_.Beat(describe_(), kHostLease);
  const Status beat = alive.status();
  if (alive.ok()) {
    alive_until_ = asked + kHostLease;
    const std::vector<HostId> before = std::exchange(alive_, *alive);
    if (!was_alive || !std::includes(alive_.begin(), alive_.end(), before.begin(), before.end()))
      changed_();
  }
  if (!beat.ok() && heard_)
    log::Warn("cannot tell the database that this host lives", {{"why", beat.ToString()}});
  heard_ = beat.ok();
}

}  // namespace ns::host
