#include <algorithm>

#include "plan/builds.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

constexpr Duration kLeftWaiting = std::chrono::seconds(10);

// load queue -> claim
class StarterPass final : public Pass {
 public:
  Step Begin() override { return Effect(LoadQueue{}); }

  Step Next(Outcome outcome) override {
    if (!outcome.ok()) return Failed(outcome.status());
    if (claimed_) return Finished{Status(), {}, again_, std::nullopt};
    const auto& queue = std::get<model::QueueSnapshot>(*outcome);
    std::vector<model::BuildClaim> claims = plan::AssignBuilds(queue);
    again_ = NextLook(queue, claims.size());
    if (claims.empty()) return Finished{Status(), {}, again_, std::nullopt};
    claimed_ = true;
    return Effect(ClaimBuilds{std::move(claims)});
  }

 private:
  // When the first build that waits for another attempt may start. Where one that may start already
  // is left, soon: the hint of a builder that comes, or has room again, may be lost.
  static std::optional<Duration> NextLook(const model::QueueSnapshot& queue, size_t claimed) {
    std::optional<Duration> soonest;
    size_t due = 0;
    for (const model::Build& build : queue.queued) {
      due += build.not_before <= queue.now ? 1 : 0;
      if (build.not_before <= queue.now) continue;
      const Duration wait = build.not_before - queue.now;
      soonest = std::min(soonest.value_or(wait), wait);
    }
    if (due > claimed) soonest = std::min(soonest.value_or(kLeftWaiting), kLeftWaiting);
    return soonest;
  }

  bool claimed_ = false;
  std::optional<Duration> again_;
};

class Starter final : public Loop {
 public:
  LoopId id() const override { return LoopId::kStarter; }
  std::unique_ptr<Pass> NewPass(const Key&, const Outlook&) override {
    return std::make_unique<StarterPass>();
  }
};

}  // namespace

std::unique_ptr<Loop> NewStarter() { return std::make_unique<Starter>(); }

}  // namespace ns::reconcile
