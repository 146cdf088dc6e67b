#include "act/perform_build.h"

#include "act/build_job.h"
#include "base/failpoint.h"
#include "base/log.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;
using reconcile::Answer;
using reconcile::Outcome;

constexpr Duration kClaimsDeadline = 5s;  // two fit into a lease with a period between them
constexpr Duration kSettleDeadline = 10s;

ports::Claim ClaimOf(const model::Build& build) { return {build.id, build.lease.token}; }

class BuildPerformer {
 public:
  BuildPerformer(const BuilderParts& parts, std::stop_token cancel)
      : parts_(parts), cancel_(std::move(cancel)) {}

  Outcome operator()(const reconcile::ListClaims&) const {
    NS_ASSIGN(auto builds, parts_.desk.Claimed(Within(kClaimsDeadline)));
    return Answer(std::move(builds));
  }

  Outcome operator()(const reconcile::RenewClaims& effect) const {
    NS_ASSIGN(auto renewals, parts_.desk.Renew(Within(kClaimsDeadline), effect.claims));
    return Answer(std::move(renewals));
  }

  Outcome operator()(const reconcile::RunAttempt& effect) const {
    const model::Build& build = effect.build;
    log::Info("build begins", {{"build", build.id.str()},
                               {"app", build.app.str()},
                               {"attempt", std::to_string(build.attempt)}});
    LogWriter log(parts_.desk, ClaimOf(build));
    return Answer(RunBuild(parts_, build, log, cancel_));
  }

  Outcome operator()(const reconcile::SettleAttempt& effect) const {
    Failpoint("build.before-settle");
    const Status settled =
        parts_.desk.Settle(Within(kSettleDeadline), ClaimOf(effect.build), effect.result);
    if (!settled.ok() && settled.code() != Code::kStale) return settled;
    log::Info("build ended", {{"build", effect.build.id.str()},
                              {"outcome", effect.result.outcome.ToString()},
                              {"settled", settled.ToString()}});
    if (!settled.ok()) return settled;
    return Answer();
  }

  template <class E>
  Outcome operator()(const E&) const {
    return Internal("a builder carries out no effect of a controller");
  }

 private:
  ports::Call Within(Duration limit) const { return {cancel_, parts_.clock.Monotonic() + limit}; }

  const BuilderParts& parts_;
  const std::stop_token cancel_;
};

}  // namespace

Outcome PerformBuild(const reconcile::Effect& effect, const BuilderParts& parts,
                     std::stop_token cancel) {
  return std::visit(BuildPerformer(parts, std::move(cancel)), effect);
}

}  // namespace ns::act
