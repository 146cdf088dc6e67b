#include "host/controller.h"

#include "act/hints.h"
#include "reconcile/loops.h"

namespace ns::host {
namespace {

using reconcile::LoopOptions;
using namespace std::chrono_literals;

constexpr LoopOptions kKeyed{.period = 3min, .in_flight = 8, .keyed = true};
constexpr LoopOptions kQueue{.period = 3min, .in_flight = 1, .keyed = false};
constexpr LoopOptions kCrashDetection{.period = 1min, .in_flight = 1, .keyed = false};

}  // namespace

Controller::Controller(const act::Parts& parts, const ControllerOptions& options) : driver_(parts) {
  driver_.Add(reconcile::NewFetcher(), kKeyed);
  driver_.Add(reconcile::NewRegisterer(options.plan_key), kKeyed);
  driver_.Add(reconcile::NewReleaser(options.plan_key), kKeyed);
  driver_.Add(reconcile::NewStarter(), kQueue);
  driver_.Add(reconcile::NewCrashDetector(), kCrashDetection);
  driver_.Add(reconcile::NewSynchronizer({options.epoch, options.page_upstream}), kKeyed);
  driver_.Start();
  for (const auto& [name, backend] : parts.backends) {
    watchers_.push_back(std::make_unique<act::Watcher>(name, *backend, parts.store.apps, driver_));
  }
}

void Controller::Hinted(const ports::Hint& hint) {
  for (reconcile::Wake& wake : act::WakesFor(hint)) driver_.Wake(std::move(wake));
}

}  // namespace ns::host
