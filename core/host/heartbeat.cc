#include "host/heartbeat.h"

#include "act/pause.h"
#include "base/log.h"

namespace ns::host {
namespace {

constexpr Duration kPeriod = std::chrono::seconds(10);
constexpr Duration kRetry = std::chrono::seconds(1);

}  // namespace

Heartbeat::Heartbeat(ports::HostStore& hosts, std::function<model::Host()> describe)
    : hosts_(hosts), describe_(std::move(describe)) {
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

// One line when beats begin to fail, not one each.
void Heartbeat::Beat() {
  const Status beat = hosts_.Beat(describe_());
  if (!beat.ok() && heard_)
    log::Warn("cannot tell the database that this host lives", {{"why", beat.ToString()}});
  heard_ = beat.ok();
}

}  // namespace ns::host
