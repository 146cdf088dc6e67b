#include "host/controller.h"

#include "act/hints.h"
#include "host/loop_figures.h"
#include "reconcile/loops.h"

namespace ns::host {
namespace {

using reconcile::LoopId;
using reconcile::LoopOptions;
using namespace std::chrono_literals;

LoopOptions Keyed(Duration period, int in_flight, std::set<LoopId> apart_from = {}) {
  return {.period = period, .in_flight = in_flight, .keyed = true, .apart_from = apart_from};
}

LoopOptions Queue(Duration period) {
  return {.period = period, .in_flight = 1, .keyed = false, .rest = reconcile::kQueueRest};
}

}  // namespace

Controller::Controller(const act::Parts& parts, const ControllerOptions& options) : driver_(parts) {
  const reconcile::SynchronizerOptions deploys{options.epoch, options.page_upstream,
                                               options.plan_key, options.site_upstream};
  driver_.Add(reconcile::NewFetcher(), Keyed(3min, 32));
  driver_.Add(reconcile::NewRegisterer(options.plan_key), Keyed(3min, 8));
  driver_.Add(reconcile::NewReleaser(options.plan_key), Keyed(3min, 8));
  driver_.Add(reconcile::NewStarter(), Queue(3min));
  driver_.Add(reconcile::NewCrashDetector(), Queue(1min));
  // A backend does one thing at a time for an application.
  driver_.Add(reconcile::NewSynchronizer(deploys), Keyed(3min, 8, {LoopId::kObserver}));
  driver_.Add(reconcile::NewObserver(deploys), Keyed(3min, 8, {LoopId::kSynchronizer}));
  driver_.Add(reconcile::NewCleaner(options.retention), Keyed(1h, 2));
  driver_.Start();
  for (const auto& [name, backend] : parts.backends) {
    watchers_.push_back(std::make_unique<act::Watcher>(name, *backend, driver_));
    samplers_.push_back(
        std::make_unique<act::Sampler>(name, *backend, parts.store.usage, parts.clock));
  }
}

void Controller::Relist() {
  for (const LoopId loop : {LoopId::kFetcher, LoopId::kRegisterer, LoopId::kReleaser,
                            LoopId::kSynchronizer, LoopId::kObserver})
    driver_.Wake({loop, reconcile::kEveryKey, reconcile::Urgency::kHint});
}

std::vector<std::string> Controller::Figures() {
  return FiguresOf(driver_.Figures(1s), SystemClock());
}

void Controller::Hinted(const ports::Hint& hint) {
  for (reconcile::Wake& wake : act::WakesFor(hint)) driver_.Wake(std::move(wake));
}

}  // namespace ns::host
