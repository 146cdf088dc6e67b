#include "ssgen/perform_sites.h"

#include <set>

#include "ssgen/needless.h"

namespace ns::ssgen {
namespace {

using namespace std::chrono_literals;
using reconcile::Answer;
using reconcile::Outcome;

constexpr Duration kBringDeadline = 10min;

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

  Outcome operator()(const reconcile::BringSite& effect) const {
    return Only(parts_.files.Bring({cancel_, parts_.clock.Monotonic() + kBringDeadline},
                                   SiteOf(effect.site)));
  }

  Outcome operator()(const reconcile::AcknowledgeSite& effect) const {
    NS_TRY(parts_.serves());
    return Only(Acknowledge(effect.app));
  }

  Outcome operator()(const reconcile::SaveConditions& effect) const {
    return Only(parts_.store.events.SetConditions(effect.subject, effect.id, effect.conditions));
  }

  // What is there is looked at before what is wanted, so that nothing that comes meanwhile passes
  // for needless.
  Outcome operator()(const reconcile::SweepSites&) const {
    const std::vector<SiteName> present = parts_.files.Present();
    NS_ASSIGN(const auto demands, parts_.store.sites.Demands());
    const Duration now = parts_.clock.Monotonic();
    const std::vector<SiteName> gone = of_.needless_.With([&](auto& since) {
      since = NeedlessSince(since, present, demands, now);
      return Overdue(since, now - kLinger);
    });
    const Status dropped = parts_.files.Drop(gone);
    std::set<AppId> changed;
    for (const SiteName& site : gone) changed.insert(site.app);
    for (const AppId& app : changed) NS_TRY(Acknowledge(app));
    return Only(dropped);
  }

  template <class E>
  Outcome operator()(const E&) const {
    return Internal("a host of static sites carries out no effect of a controller");
  }

 private:
  Status Acknowledge(const AppId& app) const {
    std::vector<ReleaseId> releases;
    for (const SiteName& site : parts_.files.Present()) {
      if (site.app == app) releases.push_back(site.release);
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
