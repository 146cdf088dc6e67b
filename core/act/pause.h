// Waiting that ends early when asked.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "base/clock.h"

namespace ns::act {

// Waits `span`, or until `stop` is requested.
inline void Pause(const std::stop_token& stop, Duration span) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, span, [] { return false; });
}

}  // namespace ns::act
