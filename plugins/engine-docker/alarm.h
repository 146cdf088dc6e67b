// A moment that a transfer waits for beside its peer.
#pragma once

#include <sys/timerfd.h>
#include <unistd.h>

#include <chrono>

#include "ns/sdk/error.h"

namespace ns::engine_docker {

// Its descriptor is readable from `deadline` on.
class Alarm {
 public:
  // Throws EngineUnavailable where the kernel gives no timer.
  explicit Alarm(std::chrono::steady_clock::time_point deadline)
      : fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    const auto at = std::chrono::nanoseconds(deadline.time_since_epoch()).count();
    const itimerspec when{{0, 0}, {at / 1'000'000'000, at % 1'000'000'000}};
    if (fd_ < 0 || ::timerfd_settime(fd_, TFD_TIMER_ABSTIME, &when, nullptr) != 0)
      throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_ENGINE_UNAVAILABLE, "The kernel gives no timer.",
                       sdk::Fault::kPlatform);
  }
  ~Alarm() { ::close(fd_); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace ns::engine_docker
