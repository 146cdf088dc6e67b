// act::Driver in virtual time: runs an engine's loops, each effect in a task of its own.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>

#include "act/driver.h"
#include "reconcile/engine.h"
#include "scheduler.h"

namespace ns::sim {

class FiberDriver {
 public:
  // `owner` keeps alive whatever the driver is part of, as long as an effect is under way.
  FiberDriver(Scheduler& scheduler, std::shared_ptr<Process> process, std::weak_ptr<void> owner,
              act::Carrier carry, act::LaneLimits limits, Random& random, Clock& clock)
      : scheduler_(scheduler),
        process_(std::move(process)),
        owner_(std::move(owner)),
        carry_(std::move(carry)),
        limits_(std::move(limits)),
        clock_(clock),
        engine_(random) {}

  void Add(std::unique_ptr<reconcile::Loop> loop, const reconcile::LoopOptions& options) {
    engine_.Add(std::move(loop), options);
  }
  void Start() { Tick(); }
  void Wake(const reconcile::Wake& wake);

  const reconcile::Engine& engine() const { return engine_; }
  // Called for each effect that begins.
  std::function<void(const reconcile::Request&)> begins;
  // Called for each that has ended, before the engine hears of it.
  std::function<void(const reconcile::Request&, const reconcile::Outcome&)> ends;

 private:
  struct Lane {
    size_t running = 0;
    std::deque<reconcile::Request> waiting;
  };

  void Tick();
  void Arm();
  void Obey(reconcile::Commands commands);
  void Feed(act::Lane id);
  void Carry(act::Lane id, reconcile::Request request);

  Scheduler& scheduler_;
  const std::shared_ptr<Process> process_;
  const std::weak_ptr<void> owner_;
  const act::Carrier carry_;
  const act::LaneLimits limits_;
  Clock& clock_;
  reconcile::Engine engine_;
  std::map<reconcile::Ticket, std::stop_source> under_way_;
  std::map<act::Lane, Lane> lanes_;
  Duration armed_ = Duration::max();
};

}  // namespace ns::sim
