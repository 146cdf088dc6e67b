#include "act/builder.h"

#include "act/perform_build.h"
#include "act/source_folder.h"
#include "base/log.h"
#include "reconcile/loops.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;
using reconcile::LoopId;

constexpr Duration kRenewEvery = 3s;
constexpr Duration kLeaveLimit = 20s;

LaneLimits LimitsFor(int slots) {
  return {{Lane::kClaims, 1}, {Lane::kSettle, 2}, {Lane::kBuild, static_cast<size_t>(slots)}};
}

}  // namespace

Builder::Builder(BuilderParts parts, int slots)
    : parts_(std::move(parts)),
      driver_([this](const auto& effect,
                     std::stop_token cancel) { return PerformBuild(effect, parts_, cancel); },
              LimitsFor(slots), parts_.random, parts_.clock) {
  SweepSources(parts_.folder);
  reconcile::BuilderLoops loops = reconcile::NewBuilderLoops();
  // Two: a renewal that hangs does not hold up the leaving.
  driver_.Add(
      std::move(loops.claims),
      {.period = kRenewEvery, .in_flight = 2, .keyed = false, .rest = reconcile::kClaimsRest});
  driver_.Add(std::move(loops.guard), {.period = 0s, .in_flight = 1, .keyed = false});
  // Results that wait to be settled hold up no build; those are bounded by their threads.
  driver_.Add(std::move(loops.attempts), {.period = 0s, .in_flight = 2 * slots, .keyed = false});
  driver_.Start();
  detector_.emplace(parts_);
}

Builder::~Builder() { Leave(); }

void Builder::Leave() {
  detector_->Stop();
  driver_.Wake({LoopId::kClaims, reconcile::kLeaveKey, reconcile::Urgency::kPrompt});
  if (!driver_.WaitIdle(LoopId::kAttempt, kLeaveLimit))
    log::Warn("a build could not be given back in time; its lease will run out");
}

void Builder::Wake() {
  driver_.Wake({LoopId::kClaims, reconcile::kQueueKey, reconcile::Urgency::kPrompt});
  detector_->Wake();
}

}  // namespace ns::act
