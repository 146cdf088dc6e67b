#include "plan/builds.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

// load queue -> expire, one after another; one that cannot be expired keeps no other from it
class CrashDetectorPass final : public Pass {
 public:
  Step Begin() override { return Effect(LoadQueue{}); }

  Step Next(Outcome outcome) override {
    if (!loaded_) {
      if (!outcome.ok()) return Failed(outcome.status());
      loaded_ = true;
      const auto& queue = std::get<model::QueueSnapshot>(*outcome);
      expired_ = plan::ExpireBuilds(queue);
      again_ = NextExpiry(queue);
    } else if (outcome.ok()) {
      wakes_ = {{LoopId::kStarter, kQueueKey}};
    } else if (outcome.status().code() != Code::kStale && failure_.ok()) {  // stale: renewed since
      failure_ = outcome.status();
    }
    if (at_ == expired_.size()) return Finished{failure_, std::move(wakes_), again_, std::nullopt};
    plan::Expiry& next = expired_[at_++];
    return Effect(ExpireBuild{next.build, next.attempt, std::move(next.result)});
  }

 private:
  // When the next lease runs out unless it is renewed.
  static std::optional<Duration> NextExpiry(const model::QueueSnapshot& queue) {
    std::optional<Duration> soonest;
    for (const model::Build& build : queue.building) {
      if (build.lease.expires < queue.now) continue;
      const Duration wait = build.lease.expires - queue.now + std::chrono::milliseconds(100);
      soonest = std::min(soonest.value_or(wait), wait);
    }
    return soonest;
  }

  bool loaded_ = false;
  size_t at_ = 0;
  std::vector<plan::Expiry> expired_;
  std::optional<Duration> again_;
  std::vector<Wake> wakes_;
  Status failure_;  // the first
};

class CrashDetector final : public Loop {
 public:
  LoopId id() const override { return LoopId::kCrashDetector; }
  std::unique_ptr<Pass> NewPass(const Key&, const Outlook&) override {
    return std::make_unique<CrashDetectorPass>();
  }
};

}  // namespace

std::unique_ptr<Loop> NewCrashDetector() { return std::make_unique<CrashDetector>(); }

}  // namespace ns::reconcile
