// The planted bugs, as mutants.cmake lists them.
#pragma once

#include <array>
#include <string_view>

namespace ns::sim {

struct Mutant {
  std::string_view name, operation, says;
  std::string_view breaks;  // invariants that it was seen to break, with blanks; "-": none
};

inline constexpr auto kMutants = std::to_array<Mutant>({
#include "mutants.inc"
});

}  // namespace ns::sim
