// Which planted bug is on (mutants.cmake). Only the build NS_MUTANTS has any.
#pragma once

#include <string_view>

namespace ns::mutant {

inline std::string_view chosen;  // empty: none
inline bool On(std::string_view name) { return !chosen.empty() && chosen == name; }

}  // namespace ns::mutant
