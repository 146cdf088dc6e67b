#include "act/watcher.h"

#include "act/pause.h"
#include "base/log.h"

namespace ns::act {

using reconcile::LoopId;
using reconcile::Urgency;

Watcher::Watcher(std::string name, ports::Backend& backend, ports::AppStore& apps, Driver& driver)
    : name_(std::move(name)),
      backend_(backend),
      apps_(apps),
      driver_(driver),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void Watcher::Run(const std::stop_token& stop) {
  bool told = false;
  while (!stop.stop_requested()) {
    const Status ended =
        backend_.Watch({stop, std::nullopt}, [this](const AppId& app) { Changed(app); });
    if (stop.stop_requested()) return;
    if (ended.code() == Code::kUnsupported) return;  // the synchronizer's own period has to do
    if (!told)
      log::Warn("a backend's changes cannot be followed; trying again",
                {{"backend", name_}, {"error", ended.ToString()}});
    told = !ended.ok();
    Pause(stop, std::chrono::seconds(1));
  }
}

void Watcher::Changed(const AppId& app) {
  if (!app.empty()) {
    driver_.Wake({LoopId::kSynchronizer, app.str(), Urgency::kHint});
    return;
  }
  // The stream has begun (again): what happened before is unknown.
  const auto ids = apps_.ListIds();
  if (!ids.ok()) return;  // the relist will come to it
  for (const AppId& id : *ids) driver_.Wake({LoopId::kSynchronizer, id.str(), Urgency::kPrompt});
}

}  // namespace ns::act
