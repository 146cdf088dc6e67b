// How the process is asked to end.
#pragma once

#include <functional>
#include <stop_token>
#include <thread>

#include "base/clock.h"

namespace ns::host {

// Blocks SIGTERM, SIGINT and SIGHUP for every thread made from now on, and ignores SIGPIPE: call
// before the first thread.
void BlockSignals();

// A descriptor that is readable once SIGTERM or SIGINT has come; -1 when there can be none.
int StopSignalFd();

// Takes the blocked signals: SIGTERM and SIGINT request a stop, SIGHUP calls `reload`. A second
// SIGTERM or SIGINT, or `patience` after the first, ends the process at once: whatever hangs, an
// operator gets rid of it, and nothing is lost that the next start does not repair.
class SignalTaker {
 public:
  SignalTaker(std::stop_source stop, std::function<void()> reload, Duration patience);

 private:
  void Run(const std::stop_token& end);

  std::stop_source stop_;
  const std::function<void()> reload_;
  const Duration patience_;
  std::jthread thread_;
};

}  // namespace ns::host
