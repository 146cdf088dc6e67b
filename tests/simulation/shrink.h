// Leaves out what a violation does not need.
#pragma once

#include <string>

#include "world.h"

namespace ns::sim {

struct Shortened {
  Options options;
  Outcome outcome;
};

// Kinds of faults, then steps of the people, are left out one after another as long as the same
// invariant is still violated. Deterministic; some hundred runs at most.
Shortened Shorten(uint64_t seed);

// What to give the program to run just that.
std::string Flags(const Options& options);

}  // namespace ns::sim
