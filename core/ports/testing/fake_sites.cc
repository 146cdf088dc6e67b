#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

std::optional<model::SiteDemand> DemandOf(const FakeApp& row) {
  const model::Application& app = row.app;
  const auto release = std::ranges::find(row.releases, app.target.release, &model::Release::id);
  if (app.deleted || release == row.releases.end() || !release->image.IsArtifact())
    return std::nullopt;
  return model::SiteDemand{app.id, row.version, release->id, release->image, app.spa};
}

bool Settled(const FakeApp& row) {
  return row.observed && row.observed->converged &&
         row.observed->fence.generation == row.app.target.generation;
}

bool ServesSites(const FakeState& rows, const HostId& id, Time now) {
  const auto found = rows.hosts.find(id);
  if (found == rows.hosts.end() || !rows.Alive(id, now)) return false;
  const auto& roles = found->second.host.roles;
  return std::ranges::find(roles, "ssgen") != roles.end();
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

  Result<std::vector<AppId>> Unsettled() override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<AppId>> {
      std::vector<AppId> unsettled;
      for (const auto& [id, row] : rows.apps) {
        if (!row.app.deleted && !Settled(row)) unsettled.push_back(id);
      }
      return unsettled;
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

  Status Say(const HostId& host, const AppId& app, const model::Condition& said) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Status {
      if (rows.FindApp(app) == nullptr) return NoSuch("application", app.str());
      std::erase_if(rows.site_failures, [&](const auto& row) {
        const auto& [its_app, its_host] = row.first;
        return its_app == app && (its_host == host || !rows.hosts.contains(its_host));
      });
      if (!said.ok) rows.site_failures[{app, host}] = said;
      StoreConditions(rows, {model::Subject::kApplication, app.str()},
                      {Merged(rows, app, said, now)}, now);
      return {};
    });
  }

 private:
  static model::Condition Merged(const FakeState& rows, const AppId& app,
                                 const model::Condition& said, Time now) {
    std::map<std::pair<std::string, HostId>, model::Condition> failures;  // by name of the host
    for (const auto& [key, failure] : rows.site_failures) {
      if (key.first == app && ServesSites(rows, key.second, now))
        failures[{rows.hosts.at(key.second).host.name, key.second}] = failure;
    }
    if (failures.empty()) return said;
    model::Condition merged = failures.begin()->second;
    merged.next_in = said.next_in;
    return merged;
  }

  FakeRows& rows_;
};

}  // namespace

std::optional<model::SiteSpread> SpreadOf(const FakeState& rows, const AppId& app,
                                          const std::optional<model::Release>& release, Time now) {
  if (!release || !release->image.IsArtifact()) return std::nullopt;
  model::SiteSpread spread;
  for (const auto& [id, host] : rows.hosts) {
    if (!ServesSites(rows, id, now)) continue;
    ++spread.hosts;
    spread.ready += rows.site_releases.contains({id, app, release->id}) ? 1 : 0;
  }
  return spread;
}

std::unique_ptr<SiteStore> NewFakeSites(FakeRows& rows) {
  return std::make_unique<FakeSites>(rows);
}

}  // namespace ns::ports::testing
