#include <algorithm>

#include "reconcile/held_builds.h"

namespace ns::reconcile {
namespace {

// Asks for nothing, so nothing can hold it up.
class LeaseGuardPass final : public Pass {
 public:
  explicit LeaseGuardPass(HeldBuilds& held) : held_(held) {}

  void SetNow(Duration now) override { now_ = now; }

  Step Begin() override {
    Finished end;
    for (auto& [id, held] : held_.builds) {
      if (held.lost) continue;
      held.lost = now_ >= held.until;
      if (held.lost) {
        end.wakes.push_back(Interrupt(id));
      } else {
        end.again = std::min(end.again.value_or(Duration::max()), held.until - now_);
      }
    }
    return end;
  }
  Step Next(Outcome) override { return Done(); }

 private:
  HeldBuilds& held_;
  Duration now_{};
};

class LeaseGuard final : public Loop {
 public:
  explicit LeaseGuard(std::shared_ptr<HeldBuilds> held) : held_(std::move(held)) {}
  LoopId id() const override { return LoopId::kLeaseGuard; }
  std::unique_ptr<Pass> NewPass(const Key&, const Outlook&) override {
    return std::make_unique<LeaseGuardPass>(*held_);
  }

 private:
  const std::shared_ptr<HeldBuilds> held_;
};

}  // namespace

std::unique_ptr<Loop> NewLeaseGuard(std::shared_ptr<HeldBuilds> held) {
  return std::make_unique<LeaseGuard>(std::move(held));
}

}  // namespace ns::reconcile
