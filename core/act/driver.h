// Runs the loops: one thread owns the engine, workers carry its effects out.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <stop_token>
#include <thread>
#include <variant>
#include <vector>

#include "act/parts.h"
#include "act/perform.h"
#include "act/worker_pool.h"
#include "base/mutex.h"
#include "reconcile/engine.h"

namespace ns::act {

// Threads for each class of effect.
struct DriverLimits {
  size_t store = 4;
  size_t git = 8;
  size_t backend = 8;
};

class Driver {
 public:
  // `parts` must outlive the driver.
  explicit Driver(const Parts& parts, DriverLimits limits = {});
  // Cancels what is under way and waits for it.
  ~Driver();

  // Before Start.
  void Add(std::unique_ptr<reconcile::Loop> loop, reconcile::LoopOptions options) {
    engine_.Add(std::move(loop), options);
  }
  void Start();
  // "Look at this key soon." [any-thread]
  void Wake(reconcile::Wake wake) NS_EXCLUDES(mutex_);

 private:
  struct Report {
    reconcile::Ticket ticket;
    reconcile::Outcome outcome;
  };
  using Input = std::variant<reconcile::Wake, Report>;

  void Run(const std::stop_token& stop);
  std::vector<Input> Wait(const std::stop_token& stop);
  void Obey(reconcile::Commands commands);
  void Carry(reconcile::Request request);
  void Put(Input input) NS_EXCLUDES(mutex_);
  WorkerPool& PoolFor(const reconcile::Effect& effect);

  const Parts& parts_;
  reconcile::Engine engine_;                                 // of the thread
  std::map<reconcile::Ticket, std::stop_source> under_way_;  // of the thread
  Mutex mutex_;
  std::condition_variable_any arrived_;
  std::vector<Input> inbox_ NS_GUARDED_BY(mutex_);
  WorkerPool store_pool_, git_pool_, backend_pool_;
  std::jthread thread_;
};

}  // namespace ns::act
