#include "plan/conditions.h"
#include "plan/deploy.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

// load -> (save conditions) -> (set target)
class ReleaserPass final : public Pass {
 public:
  ReleaserPass(Key key, const Secret& hash_key) : id_(std::move(key)), hash_key_(hash_key) {}

  Step Begin() override { return Effect(LoadApp{id_}); }

  Step Next(Outcome outcome) override {
    if (!outcome.ok()) return Failed(outcome.status());
    switch (at_) {
      case At::kLoad:
        return Loaded(std::get<model::AppSnapshot>(std::move(*outcome)));
      case At::kConditions:
        return Retarget();
      case At::kTarget:
        break;
    }
    // Once more over itself: the condition of the release is of before the target.
    return Done({{LoopId::kSynchronizer, id_.str(), Urgency::kInterrupt},
                 {LoopId::kReleaser, id_.str(), Urgency::kPrompt}});
  }

 private:
  enum class At { kLoad, kConditions, kTarget };

  Step Loaded(model::AppSnapshot snapshot) {
    snapshot_ = std::move(snapshot);
    if (snapshot_.app.deleted)
      return Settled(snapshot_.version, {{LoopId::kSynchronizer, id_.str(), Urgency::kPrompt}});
    at_ = At::kConditions;
    auto conditions = plan::BuildConditions(snapshot_);
    conditions.push_back(plan::ReleaseCondition(snapshot_, hash_key_));
    if (!plan::ConditionsChanged(snapshot_.conditions, conditions)) return Retarget();
    return Effect(SaveConditions{model::Subject::kApplication, id_.str(), std::move(conditions)});
  }

  Step Retarget() {
    at_ = At::kTarget;
    auto retarget = plan::DecideTarget(snapshot_, hash_key_);
    if (!retarget) return Settled(snapshot_.version);
    return Effect(SetTarget{id_, snapshot_.app.target.generation, std::move(retarget->next),
                            std::move(retarget->release)});
  }

  const AppId id_;
  const Secret& hash_key_;
  At at_ = At::kLoad;
  model::AppSnapshot snapshot_;
};

class Releaser final : public Loop {
 public:
  explicit Releaser(Secret key) : key_(std::move(key)) {}
  LoopId id() const override { return LoopId::kReleaser; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook&) override {
    return std::make_unique<ReleaserPass>(key, key_);
  }
  const char* condition() const override { return "Release"; }

 private:
  const Secret key_;
};

}  // namespace

std::unique_ptr<Loop> NewReleaser(Secret key) { return std::make_unique<Releaser>(std::move(key)); }

}  // namespace ns::reconcile
