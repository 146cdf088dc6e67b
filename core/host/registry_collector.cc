#include "host/registry_collector.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>

#include "act/pause.h"
#include "base/log.h"
#include "registry/collect.h"
#include "supervise/fd.h"

namespace ns::host {
namespace {

using namespace std::chrono_literals;

constexpr Duration kGlance = 10s;  // between looks whether it is quiet
constexpr Duration kLookMost = 10min;

}  // namespace

RegistryCollector::RegistryCollector(registry::EmbeddedRegistry registry, Duration period,
                                     ports::BuildStore& builds, supervise::Supervisor& supervisor,
                                     Clock& clock)
    : registry_(std::move(registry)),
      period_(period),
      builds_(builds),
      supervisor_(supervisor),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void RegistryCollector::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool due = Due();
    collects_ = due;  // first: a build that begins now is seen, or does not begin
    if (due && Quiet()) Collect(stop);
    collects_ = false;
    act::Pause(stop, std::min(period_, due ? kGlance : kLookMost));
  }
}

// The first time a period after the first look.
bool RegistryCollector::Due() const {
  struct stat mark {};
  if (::stat(Mark().c_str(), &mark) != 0) {
    const supervise::Fd first(::open(Mark().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    return false;
  }
  const auto last = Time(std::chrono::seconds(mark.st_mtim.tv_sec));
  return clock_.Now() - last >= period_;
}

bool RegistryCollector::Quiet() const {
  const auto queue = builds_.Queue();
  return queue.ok() && queue->building.empty();
}

// One host at a time: several may run on this data folder.
void RegistryCollector::Collect(const std::stop_token& stop) {
  const supervise::Fd mark(::open(Mark().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!mark || ::flock(mark.get(), LOCK_EX | LOCK_NB) != 0 || !Due()) return;
  const Duration began = clock_.Monotonic();
  const Status collected = registry::CollectGarbage(registry_, supervisor_, clock_, stop);
  if (stop.stop_requested()) return;
  ::futimens(mark.get(), nullptr);  // also after a failure, which is tried again in a period
  if (!collected.ok())
    return log::Warn("what deleted images have left stays on the disk",
                     {{"why", collected.ToString()}});
  const auto spent = std::chrono::duration<double>(clock_.Monotonic() - began);
  log::Info("collected what deleted images have left in the registry",
            {{"seconds", std::to_string(spent.count())}});
}

}  // namespace ns::host
