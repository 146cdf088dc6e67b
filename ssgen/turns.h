// Who works on an artifact, so that others wait for it.
#pragma once

#include <condition_variable>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "ports/call.h"

namespace ns::ssgen {

// Ok while the call goes on; kCancelled, or kDeadline of the platform.
Status CheckCall(const ports::Call& call, const Clock& clock);

// One caller at a time for each key. [any-thread]
class Turns {
 public:
  // The key is somebody's until it is destroyed. The Turns must outlive it.
  class Turn {
   public:
    Turn(Turns& turns, std::string key) : turns_(&turns), key_(std::move(key)) {}
    Turn(Turn&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)), key_(std::move(other.key_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_) turns_->Give(key_);
    }

   private:
    Turns* turns_;
    std::string key_;
  };

  // Waits for it as long as the call goes on; then as CheckCall.
  Result<Turn> Take(const ports::Call& call, const Clock& clock, const std::string& key);

 private:
  void Give(const std::string& key);

  Mutex mutex_;
  std::condition_variable_any given_;
  std::set<std::string> taken_ NS_GUARDED_BY(mutex_);
};

}  // namespace ns::ssgen
