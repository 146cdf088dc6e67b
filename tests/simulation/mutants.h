// The planted bugs, as mutants.cmake lists them.
#pragma once

#include <array>
#include <string_view>

namespace ns::sim {

struct Mutant {
  std::string_view name, operation, says;
  std::string_view breaks;  // invariants that it was seen to break, with blanks; "-": none

  bool Survives() const { return breaks == "-"; }
  bool IsRare() const { return breaks.ends_with("rarely"); }
  bool Breaks(std::string_view invariant) const {
    const size_t at = breaks.find(invariant);
    const size_t end = at + invariant.size();
    return at != std::string_view::npos && (end == breaks.size() || breaks[end] == ' ');
  }
};

inline constexpr auto kMutants = std::to_array<Mutant>({
#include "mutants.inc"
});

}  // namespace ns::sim
