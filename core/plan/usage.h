// From what backends count to what is kept of it. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/usage.h"

namespace ns::plan {

using AppUsages = std::vector<std::pair<AppId, model::Usage>>;

// Turns counters into what was used between one reading and the next. Not for several threads.
class UsageMeter {
 public:
  // By application. What was not read before, or counts anew, has no rate yet: of an application
  // that has no other replica it is unknown.
  AppUsages Read(const std::vector<model::ReplicaUsage>& replicas);
  // The next reading is a first one.
  void Forget() { before_.clear(); }

 private:
  std::map<std::pair<AppId, std::string>, model::ReplicaUsage> before_;
};

// Averages what it is given. Not for several threads.
class UsageAverage {
 public:
  void Add(const AppUsages& apps);
  // Of all since the last call: rates and memory on average of those that are known.
  AppUsages Take();

 private:
  struct Sum {
    int64_t total = 0, count = 0;
    void Add(int64_t value);
    int64_t Average() const { return count == 0 ? model::kUnmeasured : total / count; }
  };
  struct Sums {
    Sum cpu, memory, received, sent;
  };
  std::map<AppId, Sums> sums_;
};

// `points` in any order: ascending by time, without averages of a minute of which a sample is left.
std::vector<model::UsagePoint> SeriesOf(std::vector<model::UsagePoint> points);

}  // namespace ns::plan
