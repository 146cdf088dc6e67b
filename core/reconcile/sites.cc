#include <utility>

#include "plan/conditions.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

// load -> bring -> acknowledge -> say so. What cannot be brought or served is said, and tried
// again; the release before stays on disk until routes lead to another.
class SitePass final : public Pass {
 public:
  SitePass(Key key, const std::string& host, const Outlook& outlook)
      : id_(std::move(key)), host_(host), outlook_(outlook) {}

  Step Begin() override { return Effect(LoadSite{id_}); }

  Step Next(Outcome outcome) override {
    switch (at_) {
      case At::kLoad:
        return Loaded(std::move(outcome));
      case At::kBring:
        brought_ = outcome.status();
        if (brought_.code() == Code::kCancelled) return Failed(brought_);
        if (!brought_.ok()) return Say();
        at_ = At::kAcknowledge;
        return Effect(AcknowledgeSite{id_});
      case At::kAcknowledge:
        brought_ = outcome.status();
        return Say();
      case At::kSay:
        break;
    }
    if (!brought_.ok()) return Failed(brought_);
    if (!outcome.ok()) return Failed(outcome.status());
    return Settled(demand_.version);
  }

 private:
  enum class At { kLoad, kBring, kAcknowledge, kSay };

  Step Loaded(Outcome outcome) {
    // No static site, or not any more: the sweep takes away what is there.
    if (outcome.status().code() == Code::kNotFound) return Done();
    if (!outcome.ok()) return Failed(outcome.status());
    demand_ = std::get<model::SiteDemand>(std::move(*outcome));
    at_ = At::kBring;
    return Effect(BringSite{demand_});
  }

  Step Say() {
    at_ = At::kSay;
    model::Condition condition = plan::SiteCondition(brought_, host_);
    condition.next_in = brought_.ok() ? outlook_.on_success : outlook_.on_failure;
    return Effect(SaveConditions{model::Subject::kApplication, id_.str(), {std::move(condition)}});
  }

  const AppId id_;
  const std::string& host_;
  const Outlook outlook_;
  At at_ = At::kLoad;
  model::SiteDemand demand_;
  Status brought_;
};

// What no application needs any more goes.
class SweepPass final : public Pass {
 public:
  Step Begin() override { return Effect(SweepSites{}); }
  Step Next(Outcome outcome) override { return Finished{outcome.status(), {}, std::nullopt}; }
};

class Sites final : public Loop {
 public:
  explicit Sites(std::string host) : host_(std::move(host)) {}
  LoopId id() const override { return LoopId::kSites; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook& outlook) override {
    if (key == kSweepKey) return std::make_unique<SweepPass>();
    return std::make_unique<SitePass>(key, host_, outlook);
  }

 private:
  const std::string host_;
};

}  // namespace

std::unique_ptr<Loop> NewSites(std::string host) {
  return std::make_unique<Sites>(std::move(host));
}

}  // namespace ns::reconcile
