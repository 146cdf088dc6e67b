#include "plan/builds.h"
#include "reconcile/held_builds.h"
#include "reconcile/loops.h"

namespace ns::reconcile {
namespace {

using model::BuildResult;
using model::BuildStatus;

constexpr Duration kSettleAgain = std::chrono::seconds(1);

BuildResult Stopped() {
  BuildResult result;
  result.status = BuildStatus::kQueued;
  result.outcome =
      Status(Code::kUnavailable, "BuilderStopped", "the builder was stopped during this attempt")
          .SetFault(Fault::kPlatform);
  return result;
}

BuildResult Lost(int attempt) {
  Status lost(Code::kUnavailable, "BuilderLost",
              "who hands out builds was out of reach for so long that the claim of this attempt "
              "may have been lost");
  return plan::AfterFailure(lost.SetFault(Fault::kPlatform), attempt);
}

BuildResult Cancelled() {
  BuildResult result;
  result.status = BuildStatus::kCancelled;
  result.outcome = Status(Code::kCancelled, "Cancelled", "the build was cancelled");
  return result;
}

// In place of a result that whoever keeps them does not take, such as one with bytes that are no
// text.
BuildResult Unstorable(const Status& why) {
  BuildResult result;
  result.outcome =
      Status(Code::kInternal, "ResultRefused",
             "the result of this attempt was refused: " + std::string(CodeName(why.code())))
          .SetFault(Fault::kPlatform);
  return result;
}

bool MayPass(Code code) {
  return code == Code::kUnavailable || code == Code::kDeadline || code == Code::kExhausted ||
         code == Code::kCancelled;
}

// (run ->) settle. A result that is not acknowledged stays with the host and is settled by the next
// pass.
class AttemptPass final : public Pass {
 public:
  AttemptPass(const Key& key, HeldBuilds& held) : id_(key), held_(held) {}

  Step Begin() override {
    const auto found = held_.builds.find(id_);
    if (found == held_.builds.end()) return Done();  // settled, and woken since
    HeldBuild& held = found->second;
    if (held.result) return Settle(held);
    const bool needless = held.cancel_asked || held.lost || held_.leaving;
    if (needless) return Conclude(held, Cancelled());
    return Effect(RunAttempt{held.build});
  }

  Step Next(Outcome outcome) override {
    if (settling_) return Settled(outcome.status());
    HeldBuild& held = held_.builds.at(id_);
    if (!outcome.ok())
      return Conclude(held, plan::AfterFailure(outcome.status(), held.build.attempt));
    return Conclude(held, std::get<BuildResult>(std::move(*outcome)));
  }

 private:
  // A cancellation that nobody asked for is the host's own doing: the build is tried again.
  Step Conclude(HeldBuild& held, BuildResult result) {
    const bool own_doing = result.status == BuildStatus::kCancelled && !held.cancel_asked &&
                           result.outcome.reason() != model::kSuperseded;
    if (own_doing && held_.leaving) {
      result = Stopped();
    } else if (own_doing && held.lost) {
      result = Lost(held.build.attempt);
    }
    held.result = std::move(result);
    return Settle(held);
  }

  Step Settle(const HeldBuild& held) {
    settling_ = true;
    return Effect(SettleAttempt{held.build, *held.result});
  }

  Step Settled(Status settled) {
    HeldBuild& held = held_.builds.at(id_);
    if (MayPass(settled.code())) return Failed(settled.SetRetryAfter(kSettleAgain));
    const bool refused = !settled.ok() && settled.code() != Code::kStale;
    if (refused && !held.refused) {
      held.refused = true;
      held.result = Unstorable(settled);
      return Settle(held);
    }
    held_.builds.erase(id_);
    return Done({{LoopId::kClaims, kQueueKey}});
  }

  const BuildId id_;
  HeldBuilds& held_;
  bool settling_ = false;
};

class Attempts final : public Loop {
 public:
  explicit Attempts(std::shared_ptr<HeldBuilds> held) : held_(std::move(held)) {}
  LoopId id() const override { return LoopId::kAttempt; }
  std::unique_ptr<Pass> NewPass(const Key& key, const Outlook&) override {
    return std::make_unique<AttemptPass>(key, *held_);
  }

 private:
  const std::shared_ptr<HeldBuilds> held_;
};

}  // namespace

std::unique_ptr<Loop> NewAttempts(std::shared_ptr<HeldBuilds> held) {
  return std::make_unique<Attempts>(std::move(held));
}

BuilderLoops NewBuilderLoops() {
  const auto held = std::make_shared<HeldBuilds>();  // of as many loops as there are
  return {NewClaims(held), NewLeaseGuard(held), NewAttempts(held)};
}

}  // namespace ns::reconcile
