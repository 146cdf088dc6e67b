#include "plan/conditions.h"
#include "plan/deploy.h"
#include "plan/seen.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

// load -> observe -> save, where the backend's survey shows what is not stored. Says "Deploy" only
// where all is as it should be: why it is not is the synchronizer's to tell, which is woken.
class ObserverPass final : public Pass {
 public:
  ObserverPass(Key key, const SynchronizerOptions& options, const Outlook& outlook)
      : id_(std::move(key)), options_(options), outlook_(outlook) {}

  Step Begin() override { return Effect(LoadApp{id_}); }

  Step Next(Outcome outcome) override {
    switch (at_) {
      case At::kLoad:
        return Loaded(std::move(outcome));
      case At::kLook:
        return Looked(std::move(outcome));
      case At::kSave:
        break;
    }
    if (!look_.ok()) return Failed(look_);
    if (!outcome.ok()) return Failed(outcome.status());
    if (converged_) return Settled(version_);
    return Done({{LoopId::kSynchronizer, id_.str(), Urgency::kHint}});
  }

 private:
  enum class At { kLoad, kLook, kSave };

  Step Loaded(Outcome outcome) {
    if (!outcome.ok()) return Failed(outcome.status());
    snapshot_ = std::get<model::AppSnapshot>(std::move(*outcome));
    if (snapshot_.app.deleted || snapshot_.app.target.generation == 0)
      return Settled(snapshot_.version);  // nothing that should run
    at_ = At::kLook;
    return Effect(ObserveApp{snapshot_.app.backend, id_});
  }

  Step Looked(Outcome outcome) {
    at_ = At::kSave;
    look_ = outcome.status();
    std::vector<model::Condition> conditions = {plan::ObservedCondition(look_)};
    if (!look_.ok()) return Save(nullptr, std::move(conditions));
    const auto& observed = std::get<model::ObservedApp>(*outcome);
    const Result<model::DesiredApp> desired = plan::MakeDesired(
        snapshot_, {options_.epoch, options_.page_upstream, options_.site_upstream});
    converged_ = desired.ok() && plan::AsDesired(*desired, observed);
    version_ = plan::SeenVersion(snapshot_.version, observed);
    if (converged_) conditions.push_back(plan::DeployCondition(snapshot_, &observed, Status()));
    return Save(&observed, std::move(conditions));
  }

  Step Save(const model::ObservedApp* observed, std::vector<model::Condition> conditions) {
    for (model::Condition& condition : conditions)
      condition.next_in = look_.ok() ? outlook_.on_success : outlook_.on_failure;
    if (observed == nullptr)
      return Effect(SaveConditions{model::Subject::kApplication, id_.str(), std::move(conditions)});
    return Effect(SaveObserved{*observed, std::move(conditions)});
  }

  const AppId id_;
  const SynchronizerOptions& options_;
  const Outlook outlook_;
  At at_ = At::kLoad;
  model::AppSnapshot snapshot_;
  Status look_;
  bool converged_ = false;
  int64_t version_ = 0;  // that it settles at
};

class Observer final : public Loop {
 public:
  explicit Observer(SynchronizerOptions options) : options_(std::move(options)) {}
  LoopId id() const override { return LoopId::kObserver; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook& outlook) override {
    return std::make_unique<ObserverPass>(key, options_, outlook);
  }
  const char* condition() const override { return "Observed"; }
  // Those of which nothing should be there have nothing to be told.
  std::optional<Effect> Told(std::vector<model::Versioned> keys, const Outlook& outlook) override {
    std::erase_if(keys, [](const model::Versioned& one) { return one.backend.empty(); });
    if (keys.empty()) return std::nullopt;
    TouchConditions touch{
        model::Subject::kApplication, {}, {"Observed", "Deploy"}, outlook.on_success};
    for (model::Versioned& one : keys) touch.ids.push_back(std::move(one.key));
    return touch;
  }

 private:
  const SynchronizerOptions options_;
};

}  // namespace

std::unique_ptr<Loop> NewObserver(SynchronizerOptions options) {
  return std::make_unique<Observer>(std::move(options));
}

}  // namespace ns::reconcile
