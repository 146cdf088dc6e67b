// Those who wait for more of a build log, or for what a builder says of a source.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "ports/call.h"
#include "ports/store.h"

namespace ns::api {

// Bounded: who finds no seat is told what there is now. Hints may be lost, so that waiting ends
// after two seconds at the latest, and whoever waits looks again. [any-thread]
class LogFollowers {
 public:
  static constexpr int kSeats = 16;

  // A place among those who wait for the build or question `id`; give it back by its end.
  class Seat {
   public:
    Seat(LogFollowers& followers, std::string id);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    // False: all seats are taken.
    bool taken() const { return taken_; }
    // Waits at most `wait` for a hint since the last call (or since the seat was taken), or for
    // `call` to be cancelled.
    void Wait(const ports::Call& call, Duration wait);

   private:
    LogFollowers& followers_;
    const std::string id_;
    bool taken_ = false;
    uint64_t seen_ = 0;
  };

  void OnHint(const ports::Hint& hint) NS_EXCLUDES(mutex_);
  // Calls `woken` with an id of its own.
  void Wake(const std::string& id);
  // Besides, `woken` is called with the id of each hint, until the next one is set (null: none).
  void Tell(std::function<void(const std::string&)> woken);

 private:
  struct Watched {
    int seats = 0;
    uint64_t hints = 0;
  };

  Mutex mutex_;
  std::condition_variable_any changed_;
  int taken_ NS_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Watched> watched_ NS_GUARDED_BY(mutex_);
  Guarded<std::function<void(const std::string&)>> woken_;
};

}  // namespace ns::api
