#include "metrics/calls.h"

#include <map>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"
#include "metrics/families.h"
#include "prometheus/counter.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace ns::metrics {
namespace {

// Seconds: from what is answered out of memory to the longest that a call may take.
const prometheus::Histogram::BucketBoundaries kBuckets = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60};

}  // namespace

struct Calls::State {
  // Of one method; they stay where they are.
  struct Method {
    std::map<Code, prometheus::Counter*> calls;
    prometheus::Histogram* duration = nullptr;
  };

  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& calls =
      prometheus::BuildCounter()
          .Name("neoshowcase_api_calls_total")
          .Help("Calls of the API that have been answered, by method and code.")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& durations =
      prometheus::BuildHistogram()
          .Name("neoshowcase_api_call_duration_seconds")
          .Help("Time from a call of the API to its answer; of a stream, until it was open.")
          .Register(registry);
  Guarded<std::unordered_map<std::string, Method>> methods;

  std::pair<prometheus::Counter*, prometheus::Histogram*> Of(const std::string& name, Code code) {
    return methods.With([&](auto& all) {
      Method& method = all[name];
      if (method.duration == nullptr)
        method.duration = &durations.Add({{"method", name}}, kBuckets);
      auto& counter = method.calls[code];
      if (counter == nullptr)
        counter = &calls.Add({{"method", name}, {"code", std::string(CodeName(code))}});
      return std::pair(counter, method.duration);
    });
  }
};

Calls::Calls() : state_(std::make_unique<State>()) {}
Calls::~Calls() = default;

void Calls::Count(const std::string& method, Code code, Duration took) {
  const auto [counter, duration] = state_->Of(method, code);
  counter->Increment();
  duration->Observe(std::chrono::duration<double>(took).count());
}

void Calls::AddTo(Page& page) const {
  for (auto& family : state_->registry.Collect()) page.families_->all.push_back(std::move(family));
}

}  // namespace ns::metrics
