// One effect carried out by blocking calls.
#pragma once

#include <stop_token>

#include "act/parts.h"
#include "reconcile/effect.h"

namespace ns::act {

// Where an effect is carried out: each class has workers of its own, so that a slow remote holds up
// no deploy.
enum class Lane { kStore, kGit, kBackend, kClaims, kSettle, kBuild, kSites };
Lane LaneOf(const reconcile::Effect& effect);

// Blocks, with a deadline that fits the effect. `cancel`: the outcome is no longer wanted. A
// builder's effects are carried out by PerformBuild. [any-thread]
reconcile::Outcome Perform(const reconcile::Effect& effect, const Parts& parts,
                           std::stop_token cancel);

}  // namespace ns::act
