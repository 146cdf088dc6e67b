// How many builds run at once.
#pragma once

#include <chrono>
#include <mutex>

#include "ns/sdk/call.h"

namespace ns::engine {

// [any-thread]
class Slots {
 public:
  explicit Slots(int count) : free_(count) {}

  // Held until it is destroyed.
  class Held {
   public:
    explicit Held(Slots& slots) : slots_(slots) {}
    ~Held() {
      const std::lock_guard lock(slots_.mutex_);
      ++slots_.free_;
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    Slots& slots_;
  };

  // Waits for one that is free; throws when the call is over meanwhile.
  Held Take(const sdk::Call& call) {
    while (!TryTake()) call.Wait(std::chrono::milliseconds(50));
    return Held(*this);
  }

 private:
  bool TryTake() {
    const std::lock_guard lock(mutex_);
    return free_ > 0 && free_-- > 0;
  }

  std::mutex mutex_;
  int free_;
};

}  // namespace ns::engine
