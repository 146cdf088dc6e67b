// Keeps the short history of what applications use.
#pragma once

#include <string>
#include <thread>

#include "base/clock.h"
#include "plan/usage.h"
#include "ports/backend.h"
#include "ports/usage_store.h"

namespace ns::act {

// What another host is given to tell of a moment: longer than a reading may take, or the two would
// take turns; shorter than the span.
inline constexpr Duration kUsageGrace = std::chrono::seconds(12);

// Reads what one backend counts, at every multiple of model::kUsageSpan, and puts what was used
// since the last reading into the store, and at every full minute the average of that minute.
// Where another host does so for the same backend, it reads nothing, and looks a moment after each
// multiple whether that one has told of it: where not, it takes over. Where nothing runs there is
// nothing to tell, and each host looks. What could not be stored is lost. [one thread]
class SampleTaker {
 public:
  SampleTaker(std::string backend, ports::Backend& source, ports::UsageStore& store)
      : backend_(std::move(backend)), source_(source), store_(store) {}

  // Looks what the counters are now, for the first sample to have rates.
  Status Begin(const ports::Call& call, Time now);
  // At `due`, a multiple of the span, or Late() behind it. kExists: somebody else tells of it;
  // kUnsupported: the backend counts nothing.
  Status Take(const ports::Call& call, Time due);
  // How long after its moment the next is to be taken.
  Duration Late() const { return elsewhere_ ? kUsageGrace : Duration::zero(); }

 private:
  Result<plan::AppUsages> Read(const ports::Call& call, Time now);
  // Reads, and tells of it.
  Status Tell(const ports::Call& call, Time now);
  // Whether another host has told of it still, or this one begins to.
  Status Watch(const ports::Call& call, Time due);
  Status Put(const plan::AppUsages& apps, Time now, std::chrono::seconds span, Duration keep);

  const std::string backend_;
  ports::Backend& source_;
  ports::UsageStore& store_;
  plan::UsageMeter meter_;
  plan::UsageAverage minute_;
  Time last_ = kNever;
  bool elsewhere_ = false;  // another host tells
};

// One thread that takes samples for as long as it lives.
class Sampler {
 public:
  // All but the name must outlive it.
  Sampler(std::string backend, ports::Backend& source, ports::UsageStore& store, Clock& clock);

 private:
  void Run(const std::stop_token& stop);
  // How long to rest after that.
  Duration After(const Status& taken, const std::stop_token& stop);

  const std::string backend_;
  Clock& clock_;
  SampleTaker taker_;
  bool told_ = false;  // that it fails
  std::jthread thread_;
};

// The next multiple of `span` after `now`.
Time NextMultiple(Time now, std::chrono::seconds span);

}  // namespace ns::act
