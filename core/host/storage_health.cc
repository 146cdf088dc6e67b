#include "host/storage_health.h"

#include <utility>

#include "act/pause.h"
#include "base/log.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPeriod = 60s;
constexpr Duration kPeriodWhenBroken = 10s;
constexpr Duration kLimit = 10s;

}  // namespace

StorageHealth::StorageHealth(const std::string& instance, const std::vector<plugin::Loaded>& loaded,
                             Clock& clock)
    : instance_(instance), clock_(clock) {
  for (const plugin::Loaded& one : loaded) {
    if (one.instance == instance && one.storage != nullptr) storage_ = one.storage;
  }
  if (storage_ != nullptr) {
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  } else if (!instance.empty()) {
    log::Warn("there is no storage: artifacts of static sites cannot be kept",
              {{"storage", instance}});
  }
}

void StorageHealth::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Look(stop);
    const bool well = last_.With([](const Status& last) { return last.ok(); });
    act::Pause(stop, well ? kPeriod : kPeriodWhenBroken);
  }
}

void StorageHealth::Look(const std::stop_token& stop) {
  const Status now = storage_->Check({stop, clock_.Monotonic() + kLimit});
  if (stop.stop_requested()) return;
  const Status before = last_.With([&](Status& last) { return std::exchange(last, now); });
  if (!now.ok() && now != before)
    log::Warn("the storage cannot be used", {{"storage", instance_}, {"why", now.ToString()}});
  if (now.ok() && !before.ok())
    log::Info("the storage can be used again", {{"storage", instance_}});
}

void StorageHealth::AddTo(std::vector<model::PluginState>& states) {
  const Status last = last_.With([](const Status& status) { return status; });
  if (last.ok()) return;
  for (model::PluginState& state : states) {
    if (state.instance != instance_ || state.kind != plugin::kStorageKind || !state.healthy)
      continue;
    state.healthy = false;
    state.reason = last.reason();
    state.message = last.message();
  }
}

}  // namespace ns::host
