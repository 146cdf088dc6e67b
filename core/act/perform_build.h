// One effect of a builder carried out by blocking calls.
#pragma once

#include <stop_token>

#include "act/builder_parts.h"
#include "reconcile/effect.h"

namespace ns::act {

// As Perform, for the loops of a host that builds. [any-thread]
reconcile::Outcome PerformBuild(const reconcile::Effect& effect, const BuilderParts& parts,
                                std::stop_token cancel);

}  // namespace ns::act
