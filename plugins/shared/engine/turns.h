// One at a time for each name.
#pragma once

#include <chrono>
#include <mutex>
#include <set>
#include <string>

#include "ns/sdk/call.h"

namespace ns::engine {

// [any-thread]
class Turns {
 public:
  // Held until it is destroyed.
  class Held {
   public:
    Held(Turns& turns, std::string name) : turns_(turns), name_(std::move(name)) {}
    ~Held() {
      const std::lock_guard lock(turns_.mutex_);
      turns_.taken_.erase(name_);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    Turns& turns_;
    const std::string name_;
  };

  // Waits while somebody else holds it; throws when the call is over meanwhile.
  Held Take(const sdk::Call& call, const std::string& name) {
    while (!TryTake(name)) call.Wait(std::chrono::milliseconds(50));
    return Held(*this, name);
  }

 private:
  bool TryTake(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return taken_.insert(name).second;
  }

  std::mutex mutex_;
  std::set<std::string> taken_;
};

}  // namespace ns::engine
