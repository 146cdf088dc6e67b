// Whether a look at a backend tells anything new. Pure.
#pragma once

#include <cstdint>

#include "model/deploy.h"

namespace ns::plan {

// One number for what a decision about an application rests on: its own version, and all that was
// observed of it but the time of the look. Another number where any of it is another; never 0.
// Only compared within one process.
int64_t SeenVersion(int64_t version, const model::ObservedApp& observed);

}  // namespace ns::plan
