#include <algorithm>

#include "plan/builds.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

// load queue -> claim, one after another
class StarterPass final : public Pass {
 public:
  Step Begin() override { return Effect(LoadQueue{}); }

  Step Next(Outcome outcome) override {
    if (!loaded_) {
      if (!outcome.ok()) return Failed(outcome.status());
      loaded_ = true;
      const auto& queue = std::get<model::QueueSnapshot>(*outcome);
      assignments_ = plan::AssignBuilds(queue);
      again_ = NextAttempt(queue);
    } else if (!outcome.ok() && outcome.status().code() != Code::kStale) {
      return Failed(outcome.status());  // stale: cancelled or claimed meanwhile
    }
    if (at_ == assignments_.size()) return Finished{Status(), {}, again_};
    const plan::Assignment& next = assignments_[at_++];
    return Effect(ClaimBuild{next.build, next.host});
  }

 private:
  // When the first build that waits for another attempt may start.
  static std::optional<Duration> NextAttempt(const model::QueueSnapshot& queue) {
    std::optional<Duration> soonest;
    for (const model::Build& build : queue.queued) {
      if (build.not_before <= queue.now) continue;
      const Duration wait = build.not_before - queue.now;
      soonest = std::min(soonest.value_or(wait), wait);
    }
    return soonest;
  }

  bool loaded_ = false;
  size_t at_ = 0;
  std::vector<plan::Assignment> assignments_;
  std::optional<Duration> again_;
};

class Starter final : public Loop {
 public:
  LoopId id() const override { return LoopId::kStarter; }
  std::unique_ptr<Pass> NewPass(const Key&) override { return std::make_unique<StarterPass>(); }
};

}  // namespace

std::unique_ptr<Loop> NewStarter() { return std::make_unique<Starter>(); }

}  // namespace ns::reconcile
