#include "ssgen/site_keeper.h"

#include "reconcile/loops.h"

namespace ns::ssgen {
namespace {

using namespace std::chrono_literals;
using reconcile::LoopId;
using reconcile::Urgency;

constexpr int kFetches = 4;  // at once
const act::LaneLimits kLanes = {{act::Lane::kStore, 2}, {act::Lane::kSites, kFetches}};

}  // namespace

SiteKeeper::SiteKeeper(SiteParts parts, std::string name)
    : parts_(std::move(parts)),
      performer_(parts_),
      driver_([this](const auto& effect,
                     std::stop_token cancel) { return performer_(effect, std::move(cancel)); },
              kLanes, parts_.random, parts_.clock) {
  driver_.Add(reconcile::NewSites(std::move(name)),
              {.period = 3min, .in_flight = 2 * kFetches, .keyed = true});
  driver_.Start();
}

void SiteKeeper::Hinted(const ports::Hint& hint) {
  if (hint.kind == ports::Hint::Kind::kSite)
    driver_.Wake({LoopId::kSites, hint.id, Urgency::kPrompt});
}

void SiteKeeper::Relist() { driver_.Wake({LoopId::kSites, reconcile::kEveryKey, Urgency::kHint}); }

}  // namespace ns::ssgen
