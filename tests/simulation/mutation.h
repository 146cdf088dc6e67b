// Runs the simulation with one planted bug after another. Needs a build with NS_MUTANTS.
#pragma once

#include <cstdint>
#include <string>

namespace ns::sim {

// Which of them: all, that one, or `sample` of them, others for each `pick`.
struct MutantChoice {
  std::string only;
  size_t sample = 0;
  uint64_t pick = 0;
  std::string json;  // a file to write the outcome to as well; empty: none
};

struct MutantSeeds {
  uint64_t from = 1, count = 100;  // at most so many for each
  int jobs = 1;
};

// Tells for each what noticed it, and at which seed. 0: each was noticed, but for those that are
// known to survive. A sample is taken of those that are noticed soon.
int RunMutants(const MutantChoice& choice, const MutantSeeds& seeds);

// Lets all runs from now on have that bug. False: it is none, or this build has none.
bool Choose(const std::string& name);

}  // namespace ns::sim
