// Runs the loops: one thread owns the engine, workers carry its effects out.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
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
using LaneLimits = std::map<Lane, size_t>;
inline const LaneLimits kControllerLanes = {
    {Lane::kStore, 4}, {Lane::kGit, 32}, {Lane::kBackend, 8}};  // most of Git is waiting

// Carries one effect out by blocking calls; the token: the outcome is no longer wanted.
// [any-thread]
using Carrier = std::function<reconcile::Outcome(const reconcile::Effect&, std::stop_token)>;

class Driver {
 public:
  // Of a controller. `parts` must outlive the driver.
  explicit Driver(const Parts& parts);
  // Lanes that are not in `limits` have one thread. `random` and `clock` must outlive the driver.
  Driver(Carrier carry, const LaneLimits& limits, Random& random, Clock& clock);
  // Cancels what is under way and waits for it.
  ~Driver();

  // Before Start.
  void Add(std::unique_ptr<reconcile::Loop> loop, reconcile::LoopOptions options) {
    engine_.Add(std::move(loop), options);
  }
  void Start();
  // "Look at this key soon." [any-thread]
  void Wake(reconcile::Wake wake) NS_EXCLUDES(mutex_);
  // Waits until no pass of `loop` is under way and none waits, `limit` at most; wakes given before
  // are obeyed first. False when the time is up.
  bool WaitIdle(reconcile::LoopId loop, Duration limit) NS_EXCLUDES(mutex_);
  // What the loops have done; nothing when the engine's thread does not answer within `limit`.
  std::map<reconcile::LoopId, reconcile::LoopFigures> Figures(Duration limit) NS_EXCLUDES(mutex_);

 private:
  struct Report {
    reconcile::Ticket ticket;
    reconcile::Outcome outcome;
  };
  // Somebody waits for a loop to have nothing to do.
  struct Idle {
    reconcile::LoopId loop;
    std::promise<void> reached;
  };
  using Asked = std::promise<std::map<reconcile::LoopId, reconcile::LoopFigures>>;
  using Input = std::variant<reconcile::Wake, Report, Idle, Asked>;

  void Run(const std::stop_token& stop);
  std::vector<Input> Wait(const std::stop_token& stop);
  void Take(Input input);
  void Obey(reconcile::Commands commands);
  reconcile::Outcome Guarded(const reconcile::Effect& effect, const std::stop_token& cancel) const;
  void Carry(reconcile::Request request);
  void Put(Input input) NS_EXCLUDES(mutex_);
  void TellIdle();

  const Carrier carry_;
  Clock& clock_;
  reconcile::Engine engine_;                                 // of the thread
  std::map<reconcile::Ticket, std::stop_source> under_way_;  // of the thread
  Mutex mutex_;
  std::condition_variable_any arrived_;
  std::vector<Input> inbox_ NS_GUARDED_BY(mutex_);
  std::vector<Idle> waiting_;  // of the thread
  std::map<Lane, WorkerPool> pools_;
  std::jthread thread_;
};

}  // namespace ns::act
