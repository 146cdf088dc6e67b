// One run: a whole installation in virtual time, from a seed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checker.h"
#include "hosts.h"
#include "user.h"

namespace ns::sim {

struct Options {
  uint64_t seed = 1;
  bool print = false;                  // every event
  FaultSet allowed = FaultSet::All();  // of those that the seed draws
  std::set<size_t> skipped;            // steps of the people that are left out, by number
};

struct Outcome {
  std::optional<Violation> violation;
  uint64_t hash = 0, events = 0;
  Duration converged_after{};  // the end of the faults
  FaultSet faults;             // that the run had
  std::vector<UserStep> steps;
};

// Runs it to its end or to the first violation. The same options give the same outcome.
Outcome Run(const Options& options);

}  // namespace ns::sim
