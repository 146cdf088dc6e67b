#include <algorithm>

#include "reconcile/held_builds.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

// renew what is held -> list -> renew what is new. A claim is trusted from its first renewal on:
// the list may be older than the end of the build.
class ClaimsPass final : public Pass {
 public:
  explicit ClaimsPass(HeldBuilds& held) : held_(held) {}

  void SetNow(Duration now) override { now_ = now; }

  Step Begin() override {
    for (const auto& [id, held] : held_.builds) asked_.push_back(held.build);
    return asked_.empty() ? List() : Renew(At::kHeld);
  }

  Step Next(Outcome outcome) override {
    switch (at_) {
      case At::kHeld:
        if (outcome.ok()) Each(std::get<Renewals>(*outcome), &ClaimsPass::Renewed);
        // Who must stop is told at once, not when the list has come.
        return wakes_.empty() ? List() : End(Duration::zero());
      case At::kList:
        return Listed(std::move(outcome));
      case At::kFresh:
        break;
    }
    if (outcome.ok()) Each(std::get<Renewals>(*outcome), &ClaimsPass::TakenUp);
    return End();
  }

 private:
  enum class At { kHeld, kList, kFresh };

  Step Renew(At at) {
    at_ = at;
    asked_at_ = now_;
    RenewClaims effect;
    for (const model::Build& build : asked_) effect.claims.push_back({build.id, build.lease.token});
    return Effect(std::move(effect));
  }

  Step List() {
    if (held_.leaving) return End();
    at_ = At::kList;
    return Effect(ListClaims{});
  }

  Step Listed(Outcome outcome) {
    asked_.clear();
    if (outcome.ok()) asked_ = std::get<Builds>(std::move(*outcome));
    std::erase_if(asked_, [this](const auto& build) { return held_.builds.contains(build.id); });
    return asked_.empty() || held_.leaving ? End() : Renew(At::kFresh);
  }

  void Each(const Renewals& renewals, void (ClaimsPass::*use)(const model::Build&, const Status&)) {
    const size_t count = std::min(renewals.size(), asked_.size());
    for (size_t i = 0; i < count; ++i) (this->*use)(asked_[i], renewals[i]);
  }

  void Renewed(const model::Build& build, const Status& renewal) {
    const auto found = held_.builds.find(build.id);
    if (found == held_.builds.end()) return;  // settled meanwhile
    HeldBuild& held = found->second;
    const bool cancel = renewal.code() == Code::kCancelled, lost = renewal.code() == Code::kStale;
    if (renewal.ok() || cancel) held.until = asked_at_ + ports::kBuildLease;
    if ((cancel && !held.cancel_asked) || (lost && !held.lost))
      wakes_.push_back(Interrupt(build.id));
    held.cancel_asked |= cancel;
    held.lost |= lost;
  }

  void TakenUp(const model::Build& build, const Status& renewal) {
    const bool cancel = renewal.code() == Code::kCancelled;
    if (!renewal.ok() && !cancel) return;
    HeldBuild held;
    held.build = build;
    held.until = asked_at_ + ports::kBuildLease;
    held.cancel_asked = cancel;
    held_.builds.emplace(build.id, std::move(held));
    wakes_.push_back({LoopId::kAttempt, build.id.str(), Urgency::kPrompt});
  }

  // What failed is asked again at the next period; the guard minds the time.
  Step End(std::optional<Duration> again = std::nullopt) {
    if (!held_.builds.empty()) wakes_.push_back({LoopId::kLeaseGuard, kQueueKey, Urgency::kPrompt});
    return Finished{Status(), std::move(wakes_), again};
  }

  HeldBuilds& held_;
  At at_ = At::kHeld;
  Duration now_{}, asked_at_{};
  std::vector<model::Build> asked_;
  std::vector<Wake> wakes_;
};

class LeavePass final : public Pass {
 public:
  explicit LeavePass(HeldBuilds& held) : held_(held) {}
  Step Begin() override {
    held_.leaving = true;
    std::vector<Wake> wakes;
    for (const auto& [id, held] : held_.builds) wakes.push_back(Interrupt(id));
    return Done(std::move(wakes));
  }
  Step Next(Outcome) override { return Done(); }

 private:
  HeldBuilds& held_;
};

class Claims final : public Loop {
 public:
  explicit Claims(std::shared_ptr<HeldBuilds> held) : held_(std::move(held)) {}
  LoopId id() const override { return LoopId::kClaims; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook&) override {
    if (key == kLeaveKey) return std::make_unique<LeavePass>(*held_);
    return std::make_unique<ClaimsPass>(*held_);
  }

 private:
  const std::shared_ptr<HeldBuilds> held_;
};

}  // namespace

std::unique_ptr<Loop> NewClaims(std::shared_ptr<HeldBuilds> held) {
  return std::make_unique<Claims>(std::move(held));
}

}  // namespace ns::reconcile
