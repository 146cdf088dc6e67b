#include "shrink.h"

namespace ns::sim {
namespace {

constexpr int kMostRuns = 300;

class Shrinker {
 public:
  explicit Shrinker(uint64_t seed) {
    best_.options.seed = seed;
    best_.outcome = Run(best_.options);
  }

  Shortened Go() {
    if (!best_.outcome.violation) return best_;
    for (size_t fault = 0; fault < kFaultNames.size(); ++fault) {
      Options fewer = best_.options;
      fewer.allowed = fewer.allowed.Without(fault);
      if (best_.outcome.faults.Has(fault)) Try(fewer);
    }
    for (size_t size = best_.outcome.steps.size() / 2; size > 0; size /= 2) {
      for (size_t first = 0; first < best_.outcome.steps.size(); first += size) {
        Options fewer = best_.options;
        for (size_t i = first; i < first + size && i < best_.outcome.steps.size(); ++i)
          fewer.skipped.insert(i);
        if (fewer.skipped.size() > best_.options.skipped.size()) Try(fewer);
      }
    }
    return best_;
  }

 private:
  void Try(const Options& fewer) {
    if (++runs_ > kMostRuns) return;
    Outcome outcome = Run(fewer);
    if (outcome.violation && outcome.violation->invariant == best_.outcome.violation->invariant)
      best_ = {fewer, std::move(outcome)};
  }

  Shortened best_;
  int runs_ = 0;
};

}  // namespace

Shortened Shorten(uint64_t seed) { return Shrinker(seed).Go(); }

std::string Flags(const Options& options) {
  std::string flags;
  for (size_t fault = 0; fault < kFaultNames.size(); ++fault) {
    if (!options.allowed.Has(fault)) flags += " --without " + std::string(kFaultNames[fault]);
  }
  for (const size_t step : options.skipped) flags += " --skip " + std::to_string(step);
  return flags;
}

}  // namespace ns::sim
