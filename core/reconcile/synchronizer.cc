#include <algorithm>
#include <limits>
#include <utility>

#include "plan/conditions.h"
#include "plan/deploy.h"
#include "reconcile/loops.h"
#include "reconcile/repairs.h"

namespace ns::reconcile {
namespace {

// The generation of a removal. A deploy that stood still until after it may be of a generation that
// the database has lost since, so no count of the row's is above it for certain. What is deleted is
// not deployed again; where the deletion itself was lost, the epoch is raised.
constexpr int64_t kAboveEveryDeploy = std::numeric_limits<int64_t>::max();

// living:    load -> observe -> (check history) -> (apply -> observe) -> save
// tombstone: load -> load epoch -> remove -> confirm; the cleaner does the rest
// history:   load epoch -> load again -> (raise the epoch). Where the backend has seen a higher
// fence than the database can have given, the database was restored from an older state: the epoch
// is raised before anything is asked of the backend.
class SynchronizerPass final : public Pass {
 public:
  SynchronizerPass(Key key, SynchronizerOptions& options, Repairs& repairs, const Outlook& outlook)
      : id_(std::move(key)), options_(options), repairs_(repairs), outlook_(outlook) {}

  void SetNow(Duration now) override { now_ = now; }

  Step Begin() override { return Effect(LoadApp{id_}); }

  Step Next(Outcome outcome) override {
    switch (at_) {
      case At::kLoad:
        return Loaded(std::move(outcome));
      case At::kLook:
        return Looked(std::move(outcome));
      case At::kEpoch:
        return EpochLoaded(std::move(outcome));
      case At::kReload:
        return Reloaded(std::move(outcome));
      case At::kRaise:
        return Raised(std::move(outcome));
      case At::kApply:
        return Applied(std::move(outcome));
      case At::kLookAgain:
        return LookedAgain(std::move(outcome));
      case At::kSave:
        return Saved(outcome.status());
      case At::kRemove:
        return Removed(outcome.status());
      case At::kConfirm:
        break;
    }
    if (!outcome.ok()) return Failed(outcome.status());
    return Done({{LoopId::kCleaner, id_.str()}});
  }

 private:
  enum class At {
    kLoad,
    kLook,
    kEpoch,
    kReload,
    kRaise,
    kApply,
    kLookAgain,
    kSave,
    kRemove,
    kConfirm
  };

  Step Loaded(Outcome outcome) {
    if (!outcome.ok()) return Failed(outcome.status());
    snapshot_ = std::get<model::AppSnapshot>(std::move(*outcome));
    if (snapshot_.app.deleted && !snapshot_.resources_may_remain)
      return Settled(snapshot_.version, {{LoopId::kCleaner, id_.str()}});
    if (snapshot_.app.deleted) {
      desired_.fence = {options_.epoch, kAboveEveryDeploy};
      at_ = At::kEpoch;  // another host may have raised it, and deployed by it
      return Effect(LoadEpoch{});
    }
    if (snapshot_.app.target.generation == 0)
      return Done({{LoopId::kReleaser, id_.str()}});  // no target yet
    if (!plan::TargetFits(snapshot_, options_.key))
      return Done({{LoopId::kReleaser, id_.str()}});  // another one is about to come
    Result<model::DesiredApp> desired = plan::MakeDesired(
        snapshot_, {options_.epoch, options_.page_upstream, options_.site_upstream});
    if (!desired.ok()) return Save(nullptr, desired.status());
    desired_ = std::move(*desired);
    at_ = At::kLook;
    return Effect(ObserveApp{snapshot_.app.backend, id_});
  }

  Step Looked(Outcome outcome) {
    look_ = outcome.status();
    if (!look_.ok()) return Save(nullptr, look_);
    observed_ = std::get<model::ObservedApp>(std::move(*outcome));
    if (observed_.fence <= desired_.fence) return Act();
    at_ = At::kEpoch;
    return Effect(LoadEpoch{});
  }

  Step EpochLoaded(Outcome outcome) {
    if (!outcome.ok()) return Failed(outcome.status());
    epoch_ = std::get<int64_t>(*outcome);
    if (snapshot_.app.deleted && !asked_why_) return UseEpoch();
    at_ = At::kReload;
    return Effect(LoadApp{id_});
  }

  // Whatever fence was seen stood in the database before it was seen, unless the database has lost
  // it.
  Step Reloaded(Outcome outcome) {
    if (!outcome.ok()) return Failed(outcome.status());
    const auto& now = std::get<model::AppSnapshot>(*outcome).app;
    if (now.target.generation != snapshot_.app.target.generation ||
        now.deleted != snapshot_.app.deleted) {
      return Failed(Stale("the target has moved on while the backend was looked at"));
    }
    if (model::Fence{epoch_, desired_.fence.generation} >= observed_.fence) return UseEpoch();
    epoch_ = observed_.fence.epoch + 1;
    at_ = At::kRaise;
    return Effect(RaiseEpoch{epoch_});
  }

  Step Raised(Outcome outcome) {
    if (!outcome.ok()) return Failed(outcome.status());
    return UseEpoch();
  }

  Step UseEpoch() {
    desired_.fence.epoch = options_.epoch = std::max(options_.epoch, epoch_);
    return Act();
  }

  Step Act() {
    if (snapshot_.app.deleted) {
      at_ = At::kRemove;
      return Effect(RemoveApp{snapshot_.app.backend, id_, desired_.fence});
    }
    if (plan::Converged(desired_, observed_)) return Save(&observed_, Status());
    if (plan::HasEnded(desired_, observed_)) {
      const Duration wait = repairs_.Wait(id_.str(), desired_.fence.generation, now_);
      if (wait > Duration::zero()) return Save(&observed_, EndedAgain(wait));
    }
    // Until then the release before goes on serving; a host that comes to have it wakes this loop.
    // Routes of a release that is served already are not held up by a host that has it not.
    if (desired_.site && observed_.serving_run_key != desired_.run_key) {
      if (Status ready = plan::SiteReady(snapshot_); !ready.ok())
        return Save(&observed_, std::move(ready));
    }
    at_ = At::kApply;
    return Effect(ApplyApp{snapshot_.app.backend, desired_});
  }

  Status EndedAgain(Duration wait) const {
    Status status(Code::kUnavailable, observed_.reason, observed_.message);
    return status.SetRetryAfter(wait);
  }

  Step Applied(Outcome outcome) {
    result_ = outcome.status();
    at_ = At::kLookAgain;
    return Effect(ObserveApp{snapshot_.app.backend, id_});
  }

  Step LookedAgain(Outcome outcome) {
    look_ = outcome.status();
    if (!look_.ok()) return Save(nullptr, result_.ok() ? look_ : result_);
    observed_ = std::get<model::ObservedApp>(std::move(*outcome));
    if (result_.ok() && !plan::Converged(desired_, observed_)) {
      result_ = Status(Code::kUnavailable, observed_.reason, observed_.message);
    }
    return Save(&observed_, result_);
  }

  Step Save(const model::ObservedApp* observed, Status result) {
    result_ = std::move(result);
    // A deploy that a newer target has interrupted, or that came too late, says nothing about the
    // application.
    if (result_.code() == Code::kCancelled || result_.code() == Code::kStale)
      return Failed(result_);
    at_ = At::kSave;
    std::vector<model::Condition> conditions = {plan::DeployCondition(snapshot_, observed, result_),
                                                plan::ObservedCondition(look_)};
    for (model::Condition& condition : conditions)
      condition.next_in = result_.ok() ? outlook_.on_success : outlook_.on_failure;
    if (observed == nullptr)
      return Effect(SaveConditions{model::Subject::kApplication, id_.str(), std::move(conditions)});
    return Effect(SaveObserved{*observed, std::move(conditions)});
  }

  Step Saved(const Status& saved) {
    Finished finished = !result_.ok() ? Failed(result_)
                        : !saved.ok() ? Failed(saved)
                                      : Settled(snapshot_.version);
    // What is stored now is not what the observer settled at.
    finished.wakes = {{LoopId::kObserver, id_.str(), Urgency::kLater}};
    return finished;
  }

  Step Removed(const Status& removed) {
    // Once: what is refused for another reason, such as a lost lease of this host, would be again.
    if (removed.code() == Code::kStale && !std::exchange(asked_why_, true)) {
      at_ = At::kLook;
      return Effect(ObserveApp{snapshot_.app.backend, id_});
    }
    if (!removed.ok()) return Failed(removed);
    at_ = At::kConfirm;
    return Effect(ConfirmRemoved{id_});
  }

  const AppId id_;
  SynchronizerOptions& options_;
  Repairs& repairs_;
  const Outlook outlook_;
  Duration now_{};          // monotonic
  int64_t epoch_ = 0;       // once the history was checked
  bool asked_why_ = false;  // a removal was refused, and the backend looked at for that
  At at_ = At::kLoad;
  model::AppSnapshot snapshot_;
  model::DesiredApp desired_;
  model::ObservedApp observed_;
  Status look_;    // the last look at the backend
  Status result_;  // of the pass
};

class Synchronizer final : public Loop {
 public:
  explicit Synchronizer(SynchronizerOptions options) : options_(std::move(options)) {}
  LoopId id() const override { return LoopId::kSynchronizer; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook& outlook) override {
    return std::make_unique<SynchronizerPass>(key, options_, repairs_, outlook);
  }
  void Forget(const Key& key) override { repairs_.Forget(key); }
  const char* condition() const override { return "Deploy"; }

 private:
  SynchronizerOptions options_;  // the epoch grows
  Repairs repairs_;
};

}  // namespace

std::unique_ptr<Loop> NewSynchronizer(SynchronizerOptions options) {
  return std::make_unique<Synchronizer>(std::move(options));
}

}  // namespace ns::reconcile
