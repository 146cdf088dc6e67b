#include "model/received.h"
#include "ports/testing/fake_rows.h"

namespace ns::ports::testing {
namespace {

template <class Id>
bool Has(const std::vector<Id>& ids, const Id& id) {
  return std::ranges::find(ids, id) != ids.end();
}

AppStamp StampOf(const FakeApp& row) {
  AppStamp stamp{row.app.id, row.version, {}, {}};
  if (row.observed) {
    stamp.container = row.observed->container;
    stamp.message = row.observed->message;
  }
  return stamp;
}

ListedApp Listed(const FakeState& rows, const FakeApp& row) {
  ListedApp out{StampOf(row), row.app, {}, {}};
  out.app.env.clear();
  const auto release = std::ranges::find(row.releases, row.app.target.release, &model::Release::id);
  if (release != row.releases.end()) out.current_build = release->build;
  const auto builds =
      rows.BuildsWhere([&](const model::Build& build) { return build.app == row.app.id; }, true);
  if (!builds.empty()) out.latest_status = builds.front()->build.status;
  return out;
}

// In order of creation.
std::vector<const FakeApp*> AppsWhere(const FakeState& rows,
                                      const std::function<bool(const FakeApp&)>& wanted) {
  std::vector<const FakeApp*> found;
  for (const auto& [id, row] : rows.apps) {
    if (wanted(row)) found.push_back(&row);
  }
  std::ranges::sort(found, {}, &FakeApp::number);
  return found;
}

bool Uses(const FakeState& rows, const RepositoryId& repository) {
  return std::ranges::any_of(rows.apps, [&](const auto& one) {
    return one.second.app.repository == repository && !one.second.app.deleted;
  });
}

bool Shown(const FakeState& rows, const model::Repository& one, RepositoryScope scope,
           const UserId& user) {
  const bool owned = Has(one.owners, user), open = model::IsOpen(one);
  switch (scope) {
    case RepositoryScope::kOwned:
      return owned;
    case RepositoryScope::kUsable:
      return owned || open;
    case RepositoryScope::kVisible:
      return owned || open || Uses(rows, one.id);
    default:
      return true;
  }
}

bool SeesBuildsOf(const FakeState& rows, const AppId& id, const UserId& seer) {
  const auto found = rows.apps.find(id);
  if (found == rows.apps.end() || found->second.app.deleted) return false;
  const model::Application& app = found->second.app;
  const model::Repository& repository = rows.repositories.at(app.repository);
  return Has(app.owners, seer) || Has(repository.owners, seer) || model::IsOpen(repository);
}

class FakeListings final : public ListingStore {
 public:
  explicit FakeListings(FakeRows& rows) : rows_(rows) {}

  Result<std::vector<AppStamp>> Stamps(const AppScope& scope) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<AppStamp>> {
      std::vector<AppStamp> stamps;
      const auto wanted = [&](const FakeApp& row) {
        return !row.app.deleted && (!scope.owner || Has(row.app.owners, *scope.owner)) &&
               (!scope.repository || row.app.repository == *scope.repository) &&
               (!scope.among || Has(*scope.among, row.app.id));
      };
      for (const FakeApp* row : AppsWhere(rows, wanted)) stamps.push_back(StampOf(*row));
      return stamps;
    });
  }
  Result<std::vector<ListedApp>> Apps(const std::vector<AppId>& ids) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<ListedApp>> {
      std::vector<ListedApp> listed;
      const auto wanted = [&](const FakeApp& row) { return Has(ids, row.app.id); };
      for (const FakeApp* row : AppsWhere(rows, wanted)) listed.push_back(Listed(rows, *row));
      return listed;
    });
  }
  Result<std::vector<model::Build>> Builds(const BuildScope& scope, int64_t offset,
                                           int limit) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::Build>> {
      std::vector<model::Build> page;
      const auto wanted = [&](const model::Build& build) {
        return (!scope.seer || SeesBuildsOf(rows, build.app, *scope.seer)) &&
               (!scope.among || Has(*scope.among, build.app));
      };
      for (const FakeBuild* row : rows.BuildsWhere(wanted, true)) {
        if (offset-- > 0) continue;
        if (page.size() == static_cast<size_t>(limit)) break;
        page.push_back(row->build);
      }
      return page;
    });
  }
  Result<std::vector<model::Repository>> Repositories(RepositoryScope scope,
                                                      const UserId& user) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<model::Repository>> {
      std::vector<model::Repository> all;
      for (const auto& [id, repository] : rows.repositories) {
        if (!Shown(rows, repository, scope, user)) continue;
        all.push_back(repository);
        all.back().credentials = {repository.credentials.method, "", Secret(), Secret()};
      }
      std::ranges::stable_sort(all, {}, &model::Repository::name);
      return all;
    });
  }
  Result<std::vector<AppName>> AppsOf(const RepositoryId& repository) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<AppName>> {
      std::vector<AppName> names;
      const auto wanted = [&](const FakeApp& row) { return row.app.repository == repository; };
      for (const FakeApp* row : AppsWhere(rows, wanted))
        names.push_back({row->app.id, row->app.name, row->app.deleted});
      return names;
    });
  }
  Result<std::vector<CommitPlace>> Places(const std::vector<std::string>& commits) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<CommitPlace>> {
      std::set<std::pair<std::string, RepositoryId>> places;
      for (const auto& [id, row] : rows.apps) {
        if (!row.app.deleted && Has(commits, row.app.commit))
          places.emplace(row.app.commit, row.app.repository);
      }
      for (const auto& [id, row] : rows.builds) {
        const FakeApp* app = rows.FindLiveApp(row.build.app);
        if (app && Has(commits, row.build.commit))
          places.emplace(row.build.commit, app->app.repository);
      }
      std::vector<CommitPlace> out;
      for (const auto& [commit, repository] : places) out.push_back({commit, repository});
      return out;
    });
  }
  Result<std::vector<AppStanding>> Standings(const std::vector<AppId>& ids) override {
    return rows_.Read([&](FakeState& rows, Time now) -> Result<std::vector<AppStanding>> {
      std::vector<AppStanding> out;
      const auto wanted = [&](const FakeApp& row) { return Has(ids, row.app.id); };
      for (const FakeApp* row : AppsWhere(rows, wanted)) {
        out.push_back({SnapshotOf(rows, *row, now),
                       ConditionsOf(rows, {model::Subject::kRepository, row->app.repository.str()}),
                       AttendanceOf(rows, *row, now)});
      }
      return out;
    });
  }
  Result<std::map<AppId, Duration>> LastDurations(const std::vector<AppId>& apps) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::map<AppId, Duration>> {
      std::map<AppId, Duration> out;
      const auto wanted = [&](const model::Build& build) {
        return Has(apps, build.app) && build.status == model::BuildStatus::kSucceeded &&
               build.started_at != kNever;
      };
      for (const FakeBuild* row : rows.BuildsWhere(wanted, true))
        out.try_emplace(row->build.app, row->build.finished_at - row->build.started_at);
      return out;
    });
  }
  Result<std::vector<std::string>> TakenHosts(const std::vector<std::string>& hosts) override {
    return rows_.Read([&](FakeState& rows, Time) -> Result<std::vector<std::string>> {
      std::set<std::string> taken;
      for (const auto& [id, row] : rows.apps) {
        for (const model::Website& website : row.app.websites) {
          const bool whole = website.path_prefix == "/" && !row.app.deleted;
          if (whole && std::ranges::find(hosts, website.fqdn) != hosts.end())
            taken.insert(website.fqdn);
        }
      }
      return std::vector<std::string>(taken.begin(), taken.end());
    });
  }

 private:
  FakeRows& rows_;
};

}  // namespace

std::unique_ptr<ListingStore> NewFakeListings(FakeRows& rows) {
  return std::make_unique<FakeListings>(rows);
}

}  // namespace ns::ports::testing
