#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

std::optional<model::SiteDemand> DemandOf(const FakeApp& row) {
  const model::Application& app = row.app;
  const auto release = std::ranges::find(row.releases, app.target.release, &model::Release::id);
  if (app.deleted || release == row.releases.end() || !release->image.IsArtifact())
    return std::nullopt;
  const bool settled = row.observed && row.observed->converged &&
                       row.observed->fence.generation == app.target.generation;
  return model::SiteDemand{app.id, row.version, release->id, release->image, app.spa, settled};
}

class FakeSites final : public SiteStore {
 public:
  explicit FakeSites(FakeRows& rows) : rows_(rows) {}

  Result<std::vector<model::SiteDemand>> Demands() override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::SiteDemand>> {
      std::vector<model::SiteDemand> demands;
      for (const auto& [id, row] : rows.apps) {
        if (auto demand = DemandOf(row)) demands.push_back(std::move(*demand));
      }
      return demands;
    });
  }

  Result<model::SiteDemand> Demand(const AppId& app) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<model::SiteDemand> {
      const FakeApp* row = rows.FindApp(app);
      if (row != nullptr) {
        if (auto demand = DemandOf(*row)) return std::move(*demand);
      }
      return NoSuch("static site", app.str());
    });
  }

  Status Acknowledge(const HostId& host, const AppId& app,
                     const std::vector<ReleaseId>& releases) override {
    return rows_.Write([&](FakeState& rows, Time, HintList& hints) -> Status {
      std::erase_if(rows.site_releases, [&](const auto& one) {
        const auto& [its_host, its_app, release] = one;
        const bool other = std::ranges::find(releases, release) == releases.end();
        return its_app == app && ((its_host == host && other) || !rows.hosts.contains(its_host));
      });
      if (rows.FindApp(app) == nullptr) return {};
      for (const ReleaseId& release : releases) {
        if (rows.site_releases.insert({host, app, release}).second) HintSite(hints, app);
      }
      return {};
    });
  }

 private:
  FakeRows& rows_;
};

}  // namespace

std::optional<model::SiteSpread> SpreadOf(const FakeState& rows, const AppId& app,
                                          const std::optional<model::Release>& release, Time now) {
  if (!release || !release->image.IsArtifact()) return std::nullopt;
  model::SiteSpread spread;
  for (const auto& [id, host] : rows.hosts) {
    const auto& roles = host.host.roles;
    if (!rows.Alive(id, now) || std::ranges::find(roles, "ssgen") == roles.end()) continue;
    ++spread.hosts;
    spread.ready += rows.site_releases.contains({id, app, release->id}) ? 1 : 0;
  }
  return spread;
}

std::unique_ptr<SiteStore> NewFakeSites(FakeRows& rows) {
  return std::make_unique<FakeSites>(rows);
}

}  // namespace ns::ports::testing
