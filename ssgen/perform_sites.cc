#include "ssgen/perform_sites.h"

#include <map>
#include <set>

#include "base/failpoint.h"
#include "ssgen/needless.h"

namespace ns::ssgen {
namespace {

using namespace std::chrono_literals;
using reconcile::Answer;
using reconcile::Outcome;

constexpr Duration kBringDeadline = 10min;
constexpr Duration kAcknowledgeDeadline = 30s;
constexpr Duration kSweepPatience = 100ms;  // for an application that is worked on: another time

Outcome Only(const Status& status) {
  if (!status.ok()) return status;
  return Answer();
}

}  // namespace

class SitePerformer::Performer {
 public:
  Performer(SitePerformer& of, std::stop_token cancel)
      : of_(of), parts_(of.parts_), cancel_(std::move(cancel)) {}

  Outcome operator()(const reconcile::ListKeys&) const {
    NS_ASSIGN(const auto demands, parts_.store.sites.Demands());
    reconcile::Keys keys = {{reconcile::kSweepKey}};
    for (const model::SiteDemand& demand : demands)
      keys.push_back({demand.app.str(), demand.version});
    return Answer(std::move(keys));
  }

  Outcome operator()(const reconcile::LoadSite& effect) const {
    NS_ASSIGN(auto demand, parts_.store.sites.Demand(effect.app));
    return Answer(std::move(demand));
  }

  // A site that is slow or broken takes its own time alone.
  Outcome operator()(const reconcile::BringSite& effect) const {
    const ports::Call call = CallOf(kBringDeadline);
    const Site site = SiteOf(effect.site);
    {
      NS_ASSIGN(const Turns::Turn mine, TurnOf(effect.site.app, call));
      NS_TRY(parts_.files.Bring(call, site));
    }
    return Only(parts_.serves(site.name));
  }

  Outcome operator()(const reconcile::AcknowledgeSite& effect) const {
    NS_ASSIGN(const Turns::Turn mine, TurnOf(effect.app, CallOf(kAcknowledgeDeadline)));
    return Only(Acknowledge(effect.app, {}));
  }

  // Each host tells of itself; the store makes one condition of what all say.
  Outcome operator()(const reconcile::SaveConditions& effect) const {
    for (const model::Condition& condition : effect.conditions)
      NS_TRY(parts_.store.sites.Say(parts_.host, AppId(effect.id), condition));
    return Answer();
  }

  // What is there is looked at before what is wanted, so that nothing that comes meanwhile passes
  // for needless.
  Outcome operator()(const reconcile::SweepSites&) const {
    const std::vector<SiteName> present = parts_.files.Present();
    NS_ASSIGN(const Needs needs, LoadNeeds());
    const Duration now = parts_.clock.Monotonic();
    const std::vector<SiteName> overdue = of_.needless_.With([&](auto& since) {
      since = NeedlessSince(since, present, needs, now);
      return Overdue(since, now - kLinger);
    });
    return Only(Drop(overdue));
  }

  template <class E>
  Outcome operator()(const E&) const {
    return Internal("a host of static sites carries out no effect of a controller");
  }

 private:
  ports::Call CallOf(Duration most) const { return {cancel_, parts_.clock.Monotonic() + most}; }

  Result<Turns::Turn> TurnOf(const AppId& app, const ports::Call& call) const {
    return of_.turns_.Take(call, parts_.clock, app.str());
  }

  Result<Needs> LoadNeeds() const {
    Needs needs;
    NS_ASSIGN(const auto unsettled, parts_.store.sites.Unsettled());
    needs.unsettled.insert(unsettled.begin(), unsettled.end());
    NS_ASSIGN(const auto demands, parts_.store.sites.Demands());
    for (const model::SiteDemand& demand : demands)
      needs.targets.insert({demand.app, demand.release});
    return needs;
  }

  // Taken back in the database first, and needs looked at once more: a controller that makes one of
  // them a target again either comes before that look, and it stays, or finds that it must wait for
  // this host. Nobody brings one meanwhile. Whoever ends on the way leaves what is on the disk
  // unsaid, which costs nothing.
  Status Drop(const std::vector<SiteName>& overdue) const {
    std::map<AppId, std::set<ReleaseId>> gone;
    for (const SiteName& site : overdue) gone[site.app].insert(site.release);
    std::vector<Turns::Turn> mine;
    for (auto app = gone.begin(); app != gone.end();) {
      auto turn = TurnOf(app->first, CallOf(kSweepPatience));
      if (turn.ok()) mine.push_back(std::move(*turn));
      app = turn.ok() ? std::next(app) : gone.erase(app);
    }
    for (const auto& [app, releases] : gone) NS_TRY(Acknowledge(app, releases));
    if (Failpoint("ssgen.taken-back")) return Unavailable("failpoint ssgen.taken-back");
    NS_ASSIGN(const Needs needs, LoadNeeds());
    std::vector<SiteName> drop;
    std::set<AppId> kept;
    for (const auto& [app, releases] : gone) {
      for (const ReleaseId& release : releases) {
        if (needs.Have({app, release}))
          kept.insert(app);
        else
          drop.push_back({app, release});
      }
    }
    const Status dropped = parts_.files.Drop(drop);
    for (const AppId& app : kept) NS_TRY(Acknowledge(app, {}));
    return dropped;
  }

  // All that is on disk of it, but for what is about to go.
  Status Acknowledge(const AppId& app, const std::set<ReleaseId>& without) const {
    std::vector<ReleaseId> releases;
    for (const SiteName& site : parts_.files.PresentOf(app)) {
      if (!without.contains(site.release)) releases.push_back(site.release);
    }
    return parts_.store.sites.Acknowledge(parts_.host, app, releases);
  }

  SitePerformer& of_;
  const SiteParts& parts_;
  const std::stop_token cancel_;
};

Outcome SitePerformer::operator()(const reconcile::Effect& effect, std::stop_token cancel) {
  return std::visit(Performer(*this, std::move(cancel)), effect);
}

}  // namespace ns::ssgen
