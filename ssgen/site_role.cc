#include "ssgen/site_role.h"

#include <algorithm>

#include "act/pause.h"
#include "base/log.h"
#include "ssgen/site_probe.h"

namespace ns::ssgen {
namespace {

using namespace std::chrono_literals;

constexpr Duration kCare = 2s;
constexpr Duration kLookLimit = 10s;
constexpr Duration kAnswer = 5s;       // of one request
constexpr Duration kSwapLimit = 5min;  // asking for each of many sites, and the drain

}  // namespace

Result<std::unique_ptr<SiteRole>> SiteRole::Start(RoleParts parts, std::vector<NamedServer> servers,
                                                  std::string chosen) {
  std::unique_ptr<SiteRole> role(
      new SiteRole(std::move(parts), std::move(servers), std::move(chosen)));
  NS_TRY(role->files_.Open());
  role->keeper_.emplace(
      SiteParts{role->parts_.store, role->files_, role->parts_.host,
                [raw = role.get()](const SiteName& site) { return raw->Serves(site); },
                role->parts_.random, role->parts_.clock},
      role->parts_.host_name);
  role->thread_ = std::jthread([raw = role.get()](const std::stop_token& stop) { raw->Run(stop); });
  return role;
}

SiteRole::SiteRole(RoleParts parts, std::vector<NamedServer> servers, std::string chosen)
    : parts_(std::move(parts)),
      servers_(std::move(servers)),
      files_(servers_.front().settings.root, parts_.storage, parts_.clock),
      serving_(parts_.clock),
      chosen_(std::move(chosen)),
      state_(Status(Code::kUnavailable, "SiteServerUnavailable", "it has not been started yet")) {}

SiteRole::~SiteRole() = default;

Status SiteRole::Choose(const std::string& name) {
  const auto found = std::ranges::find(servers_, name, &NamedServer::name);
  if (found == servers_.end())
    return NotFound("no site server called \"" + name + "\" is loaded on this host");
  chosen_.With([&](std::string& chosen) { chosen = name; });
  return {};
}

Status SiteRole::Serves(const SiteName& site) const {
  const ports::SiteSettings& settings = servers_.front().settings;
  return ProbeSite(settings.listen, settings.root, site, kAnswer);
}

// What waits for a server that answers is looked at once it does.
void SiteRole::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Status now = Look(stop);
    if (stop.stop_requested()) return;
    const Status before = state_.With([&](Status& state) { return std::exchange(state, now); });
    if (now != before && !now.ok())
      log::Warn("static sites are not served as they should be", {{"why", now.ToString()}});
    if (now.ok() && !before.ok()) keeper_->Relist();
    act::Pause(stop, kCare);
  }
}

Status SiteRole::Look(const std::stop_token& stop) {
  const std::string chosen = chosen_.With([](const std::string& name) { return name; });
  if (chosen != served_) return Swap(stop, chosen);
  return serving_.Care({stop, parts_.clock.Monotonic() + kLookLimit});
}

Status SiteRole::Swap(const std::stop_token& stop, const std::string& name) {
  std::vector<NamedServer> others = servers_;
  const auto found = std::ranges::find(others, name, &NamedServer::name);
  const NamedServer wanted = *found;
  others.erase(found);
  NS_TRY(serving_.Serve({stop, parts_.clock.Monotonic() + kSwapLimit}, wanted, others,
                        files_.Present()));
  NS_TRY(parts_.end_strays());
  log::Info("static sites are served", {{"server", name}, {"at", wanted.settings.listen}});
  served_ = name;
  return {};
}

}  // namespace ns::ssgen
