#include "host/faults.h"

#include <algorithm>
#include <deque>

#include "base/failpoint.h"
#include "ports/faults/faulty.h"
#include "ports/faults/points.h"

namespace ns::host {
namespace {

using ports::FaultMoment;
using ports::FaultPoint;

class FailpointPlan final : public ports::FaultPlan {
 public:
  Status Before(const FaultPoint& point) override { return At(point); }
  void After(const FaultPoint& point) override { (void)Failpoint(point.name); }
  Status Lost(const FaultPoint& point) override { return At(point); }

 private:
  static Status At(const FaultPoint& point) {
    return Failpoint(point.name) ? Unavailable("failpoint " + std::string(point.name)) : Status();
  }
};

bool Knows(FaultMoment moment, FailpointAction action) {
  switch (action) {
    case FailpointAction::kError:
      return moment == FaultMoment::kBefore;
    case FailpointAction::kLost:
      return moment == FaultMoment::kLost;
    case FailpointAction::kCrash:
    case FailpointAction::kTell:
      return true;
  }
  return false;
}

// Points of ports begin with a capital, those that stand in the code do not and are not listed.
bool OfAPort(const std::string& name) { return name[0] >= 'A' && name[0] <= 'Z'; }

Status CheckRule(const FailpointRule& rule) {
  if (!OfAPort(rule.name)) return {};
  const auto point = std::find_if(ports::kFaultPoints.begin(), ports::kFaultPoints.end(),
                                  [&](const FaultPoint& p) { return p.name == rule.name; });
  if (point == ports::kFaultPoints.end())
    return Invalid("failpoint \"" + rule.name + "\": there is no such point at a port");
  if (!Knows(point->moment, rule.action))
    return Invalid("failpoint \"" + rule.name + "\": no such action there; `error` is for points " +
                   "that end in .before, `lost` for those that end in .lost");
  return {};
}

}  // namespace

struct Faults::Parts {
  FailpointPlan plan;
  std::deque<ports::FaultyStore> stores;
  std::deque<ports::FaultyGitRemote> remotes;
  std::deque<ports::FaultyRegistry> registries;
  std::deque<ports::FaultyBuildDesk> desks;
  std::deque<ports::FaultyBackend> backends;
  std::deque<ports::FaultyBuildMethod> methods;
  std::deque<ports::FaultyBuildEngine> engines;
  std::deque<ports::FaultyStorage> storages;
  std::deque<ports::FaultySiteServer> site_servers;
};

Status TakeFailpoints(const std::string& spec) {
  NS_ASSIGN(const auto rules, ParseFailpoints(spec));
  for (const FailpointRule& rule : rules) NS_TRY(CheckRule(rule));
  ConfigureFailpoints(rules);
  return {};
}

Faults::Faults() : parts_(FailpointsConfigured() ? std::make_unique<Parts>() : nullptr) {}

Faults::~Faults() = default;

ports::Store Faults::Through(const ports::Store& store) {
  return parts_ ? parts_->stores.emplace_back(store, parts_->plan).Ports() : store;
}

ports::GitRemote& Faults::Through(ports::GitRemote& port) {
  return parts_ ? parts_->remotes.emplace_back(port, parts_->plan) : port;
}

ports::Registry& Faults::Through(ports::Registry& port) {
  return parts_ ? parts_->registries.emplace_back(port, parts_->plan) : port;
}

ports::BuildDesk& Faults::Through(ports::BuildDesk& port) {
  return parts_ ? parts_->desks.emplace_back(port, parts_->plan) : port;
}

ports::Backend* Faults::Through(ports::Backend* port) {
  return parts_ && port != nullptr ? &parts_->backends.emplace_back(*port, parts_->plan) : port;
}

ports::BuildMethod* Faults::Through(ports::BuildMethod* port) {
  return parts_ && port != nullptr ? &parts_->methods.emplace_back(*port, parts_->plan) : port;
}

ports::BuildEngine* Faults::Through(ports::BuildEngine* port) {
  return parts_ && port != nullptr ? &parts_->engines.emplace_back(*port, parts_->plan) : port;
}

ports::SiteServer* Faults::Through(ports::SiteServer* port) {
  return parts_ && port != nullptr ? &parts_->site_servers.emplace_back(*port, parts_->plan) : port;
}

ports::Storage* Faults::Through(ports::Storage* port) {
  return parts_ && port != nullptr ? &parts_->storages.emplace_back(*port, parts_->plan) : port;
}

}  // namespace ns::host
