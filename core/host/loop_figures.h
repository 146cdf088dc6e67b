// What loops have done, on its way through the row of a host.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "reconcile/engine.h"

namespace ns::host {

// "loop_passes/repository-fetcher=12" and so on; times in milliseconds, of the last look how long
// it is ago.
std::vector<std::string> FiguresOf(const std::map<reconcile::LoopId, reconcile::LoopFigures>& loops,
                                   const Clock& clock);

struct Figure {
  std::string name, of;
  int64_t value = 0;
};
// Those that read as such; a host of another version may tell others.
std::vector<Figure> ReadFigures(const std::vector<std::string>& figures);

}  // namespace ns::host
