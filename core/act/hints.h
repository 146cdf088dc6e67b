// What hints mean for the loops of this process. Pure.
#pragma once

#include <vector>

#include "ports/store.h"
#include "reconcile/loop.h"

namespace ns::act {

std::vector<reconcile::Wake> WakesFor(const ports::Hint& hint);

}  // namespace ns::act
