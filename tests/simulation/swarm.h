// Which kinds of faults a run has. Each seed turns on a random subset, since faults of one kind may
// hide those of another.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "chance.h"

namespace ns::sim {

enum class FaultClass {
  kCrash,         // a process dies at any moment
  kCrashAtPoint,  // a process dies before or after a call takes effect
  kPause,         // a process stands still, longer than its leases
  kClockJump,     // a host's wall clock jumps
  kFails,         // a call fails and has no effect
  kAnswerLost,    // a call has its effect and its answer is lost
  kSlow,          // calls take up to seconds
  kHintsLost,     // hints and events are lost
  kHintsOdd,      // hints and events come twice, late, in another order
  kPartition,     // a host does not reach the database, the remote, the registry or the engine
  kDatabase,      // the database is down for a while
  kFailover,      // it comes back without its last writes
  kOperator,      // containers and routes are changed by hand
  kPlugin,        // a backend plugin fails or tells what is out of date
  kEngine,        // builds fail by the platform's fault
};
inline constexpr std::array<std::string_view, 15> kFaultNames = {
    "crash",       "crash-at-point", "pause",      "clock-jump", "fails",
    "answer-lost", "slow",           "hints-lost", "hints-odd",  "partition",
    "database",    "failover",       "operator",   "plugin",     "engine"};

class FaultSet {
 public:
  static FaultSet All() {
    FaultSet all;
    all.bits_ = (1U << kFaultNames.size()) - 1;
    return all;
  }
  // None in one seed of twelve, else each with a chance that the seed draws too.
  static FaultSet Draw(Chance& chance) {
    FaultSet drawn;
    const int percent = chance.Below(12) == 0 ? 0 : static_cast<int>(20 + chance.Below(60));
    for (size_t i = 0; i < kFaultNames.size(); ++i) {
      if (chance.Percent(percent)) drawn.bits_ |= 1U << i;
    }
    return drawn;
  }
  bool Has(FaultClass fault) const { return (bits_ >> static_cast<unsigned>(fault) & 1U) != 0; }
  FaultSet And(const FaultSet& other) const {
    FaultSet both;
    both.bits_ = bits_ & other.bits_;
    return both;
  }
  FaultSet Without(size_t index) const {
    FaultSet rest = *this;
    rest.bits_ &= ~(1U << index);
    return rest;
  }
  // False: there is no such kind.
  bool Drop(std::string_view name) {
    for (size_t i = 0; i < kFaultNames.size(); ++i) {
      if (kFaultNames[i] == name) return *this = Without(i), true;
    }
    return false;
  }
  bool Has(size_t index) const { return (bits_ >> index & 1U) != 0; }

 private:
  uint32_t bits_ = 0;
};

}  // namespace ns::sim
