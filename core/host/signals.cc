#include "host/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <optional>

#include "base/log.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

sigset_t Taken() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

// The next signal within `wait`, or 0.
int NextSignal(std::chrono::milliseconds wait) {
  const sigset_t set = Taken();
  const timespec limit{.tv_sec = wait.count() / 1000, .tv_nsec = wait.count() % 1000 * 1'000'000};
  const int number = ::sigtimedwait(&set, nullptr, &limit);
  return number < 0 ? 0 : number;
}

}  // namespace

void BlockSignals() {
  const sigset_t set = Taken();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

int StopSignalFd() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT}) sigaddset(&set, number);
  return ::signalfd(-1, &set, SFD_CLOEXEC);
}

SignalTaker::SignalTaker(std::stop_source stop, std::function<void()> reload, Duration patience)
    : stop_(std::move(stop)),
      reload_(std::move(reload)),
      patience_(patience),
      thread_([this](const std::stop_token& end) { Run(end); }) {}

void SignalTaker::Run(const std::stop_token& end) {
  std::optional<Duration> asked;
  while (!end.stop_requested()) {
    const int number = NextSignal(500ms);
    if (number == SIGHUP) reload_();
    const bool again = (number == SIGTERM || number == SIGINT) && asked.has_value();
    if (again || (asked && SystemClock().Monotonic() > *asked + patience_)) {
      log::Warn("ends at once, with work under way",
                {{"why", again ? "asked twice" : "it took too long"}});
      ::_exit(1);
    }
    if (number == SIGTERM || number == SIGINT) {
      asked = SystemClock().Monotonic();
      stop_.request_stop();
    }
  }
}

}  // namespace ns::host
