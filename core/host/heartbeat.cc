#include "host/heartbeat.h"

#include "act/pause.h"
#include "base/log.h"

namespace ns::host {
namespace {

constexpr Duration kPeriod = std::chrono::seconds(10);
constexpr Duration kRetry = std::chrono::seconds(1);

}  // namespace

Heartbeat::Heartbeat(ports::HostStore& hosts, std::function<model::Host()> describe)
    : hosts_(hosts), describe_(std::move(describe)), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Heartbeat::~Heartbeat() {
  thread_.request_stop();
  thread_.join();
  if (const Status left = hosts_.Leave(describe_().id); !left.ok()) log::Info("the host's row stays until it is out of date", {{"why", left.ToString()}});
}

void Heartbeat::Run(const std::stop_token& stop) {
  bool told = false;  // one line when beats begin to fail, not one each
  while (!stop.stop_requested()) {
    const Status beat = hosts_.Beat(describe_());
    if (!beat.ok() && !told) log::Warn("cannot tell the database that this host lives", {{"why", beat.ToString()}});
    told = !beat.ok();
    act::Pause(stop, beat.ok() ? kPeriod : kRetry);
  }
}

}  // namespace ns::host
