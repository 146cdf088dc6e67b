// Reasons of conditions that say that a loop cannot work on something by what is stored of it.
#pragma once

namespace ns::model {

inline constexpr char kQuarantined[] = "Quarantined";
// A secret that no key opens; its owner can set it again.
inline constexpr char kSealBroken[] = "SealBroken";

}  // namespace ns::model
