// What waits to be built, as it is shown. Pure.
#pragma once

#include <vector>

#include "model/snapshot.h"

namespace ns::plan {

// Why a queued build does not run yet.
enum class Waiting {
  kRoom,     // for a free slot
  kBuilder,  // for a builder that has its method
  kSibling,  // until another build of its application has ended
  kPause,    // until `not_before`, after a fault of the platform
};

struct InLine {
  const model::Build* build = nullptr;  // of the snapshot
  Waiting waiting = Waiting::kRoom;
};

// Every queued build, in the order in which they would start were there room for all: those that
// wait for something else come last.
std::vector<InLine> QueueOrder(const model::QueueSnapshot& queue);

}  // namespace ns::plan
