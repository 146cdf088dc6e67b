#include "plan/builds.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

// load -> register
class RegistererPass final : public Pass {
 public:
  RegistererPass(Key key, const Secret& hash_key) : id_(std::move(key)), hash_key_(hash_key) {}

  Step Begin() override { return Effect(LoadApp{id_}); }

  Step Next(Outcome outcome) override {
    // Somebody else registered it: as good as if we had.
    if (loaded_ && outcome.status().code() == Code::kExists) return Done();
    if (!outcome.ok()) return Failed(outcome.status());
    if (loaded_) return Done({{LoopId::kStarter, kQueueKey}});
    loaded_ = true;
    const auto& snapshot = std::get<model::AppSnapshot>(*outcome);
    plan::Registration decision = plan::DecideBuild(snapshot, hash_key_);
    if (decision.Empty()) return Settled(snapshot.version);
    RegisterBuild effect{decision.build.value_or(model::Build{}), std::move(decision.supersede),
                         std::move(decision.cancel)};
    effect.build.app = id_;
    return Effect(std::move(effect));
  }

 private:
  const AppId id_;
  const Secret& hash_key_;
  bool loaded_ = false;
};

class Registerer final : public Loop {
 public:
  explicit Registerer(Secret key) : key_(std::move(key)) {}
  LoopId id() const override { return LoopId::kRegisterer; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook&) override {
    return std::make_unique<RegistererPass>(key, key_);
  }
  const char* condition() const override { return "Build"; }

 private:
  const Secret key_;
};

}  // namespace

std::unique_ptr<Loop> NewRegisterer(Secret key) {
  return std::make_unique<Registerer>(std::move(key));
}

}  // namespace ns::reconcile
