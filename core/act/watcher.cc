#include "act/watcher.h"

#include "act/pause.h"
#include "base/log.h"

namespace ns::act {

using reconcile::LoopId;
using reconcile::Urgency;

namespace {

// Where the backend cannot tell what changes.
constexpr Duration kLookEvery = std::chrono::seconds(10);

}  // namespace

Watcher::Watcher(std::string name, ports::Backend& backend, Driver& driver)
    : name_(std::move(name)),
      backend_(backend),
      driver_(driver),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void Watcher::Run(const std::stop_token& stop) {
  bool told = false;
  while (!stop.stop_requested()) {
    const Status ended =
        backend_.Watch({stop, std::nullopt}, [this](const AppId& app) { Changed(app); });
    if (stop.stop_requested()) return;
    if (ended.code() == Code::kUnsupported) {
      Pause(stop, kLookEvery);
      Changed(AppId());
      continue;
    }
    if (!told)
      log::Warn("a backend's changes cannot be followed; trying again",
                {{"backend", name_}, {"error", ended.ToString()}});
    told = !ended.ok();
    Pause(stop, std::chrono::seconds(1));
  }
}

void Watcher::Changed(const AppId& app) {
  // An empty id: the stream has begun (again), and what happened before is unknown.
  driver_.Wake({LoopId::kObserver, app.empty() ? reconcile::kEveryKey : app.str(), Urgency::kHint});
}

}  // namespace ns::act
