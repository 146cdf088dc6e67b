// Planted bugs: `if (NS_MUTANT("synchronizer.no-stale-check")) ...` is false and compiles to
// nothing, unless the build has NS_MUTANTS; then it is true for the one mutant that was chosen. The
// simulation must notice each of them (tests/simulation/mutants.h lists them).
#pragma once

#include <string_view>

#ifdef NS_MUTANTS

#include <string>

namespace ns::mutant {

// The name of the one that is on; empty: none.
inline std::string& Chosen() {
  static std::string chosen;
  return chosen;
}
inline bool On(std::string_view name) { return Chosen() == name; }

}  // namespace ns::mutant

#define NS_MUTANT(name) (::ns::mutant::On(name))

#else

#define NS_MUTANT(name) (false)

#endif
