// What a builder host holds, shared by its loops.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "model/build.h"
#include "reconcile/loop.h"

namespace ns::reconcile {

// One claim, from its first renewal until it is settled or refused.
struct HeldBuild {
  model::Build build;
  Duration until{};                          // monotonic: the claim surely holds so long
  bool cancel_asked = false;                 // somebody wants it cancelled
  bool lost = false;                         // the claim is gone, or may be
  std::optional<model::BuildResult> result;  // how the attempt ended
  bool refused = false;                      // that result could not be taken down as it was
};

struct HeldBuilds {
  std::map<BuildId, HeldBuild> builds;
  bool leaving = false;  // the host stops
};

inline Wake Interrupt(const BuildId& build) {
  return {LoopId::kAttempt, build.str(), Urgency::kInterrupt};
}

std::unique_ptr<Loop> NewClaims(std::shared_ptr<HeldBuilds> held);
std::unique_ptr<Loop> NewLeaseGuard(std::shared_ptr<HeldBuilds> held);
std::unique_ptr<Loop> NewAttempts(std::shared_ptr<HeldBuilds> held);

}  // namespace ns::reconcile
