#include <map>

#include "store/app_rows.h"
#include "store/build_rows.h"
#include "store/journal.h"
#include "store/listing_rows.h"
#include "store/snapshot_rows.h"
#include "store/sub_stores.h"

namespace ns::store {

const char kPlacesOfCommits[] =
    "SELECT commit_hash, repository_id FROM applications WHERE commit_hash = ANY($1::text[]) AND "
    "NOT deleted UNION SELECT b.commit_hash, a.repository_id FROM builds b JOIN applications a ON "
    "a.id = b.application_id WHERE b.commit_hash = ANY($1::text[]) AND NOT a.deleted ORDER BY 1, 2";

namespace {

using ports::ListedApp;

constexpr char kStampColumns[] =
    "a.id, a.version, coalesce(o.container, 0), coalesce(o.message, '')";

void ReadStamp(Row& row, ports::AppStamp& out) {
  row >> out.id >> out.version >> out.container >> out.message;
}

// What stands beside the rows of the applications $1, by their ids.
Result<std::map<AppId, ListedApp>> LoadFacts(Connection& connection,
                                             const std::vector<AppId>& ids) {
  NS_ASSIGN(
      const Rows rows,
      connection.Run(std::string("SELECT ") + kStampColumns +
                         ", coalesce(r.build_id, ''), coalesce((SELECT status FROM builds WHERE "
                         "application_id = a.id ORDER BY number DESC LIMIT 1), -1) FROM "
                         "applications a LEFT JOIN observations o ON o.application_id = a.id LEFT "
                         "JOIN releases r ON r.id = a.target_release AND r.application_id = a.id "
                         "WHERE a.id = ANY($1::text[])",
                     Params::Of(ids)));
  std::map<AppId, ListedApp> facts;
  for (int i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    ListedApp one;
    int status = -1;
    ReadStamp(row, one.stamp);
    row >> one.current_build >> status;
    NS_TRY(row.status());
    if (status >= 0) one.latest_status = static_cast<model::BuildStatus>(status);
    facts.emplace(one.stamp.id, std::move(one));
  }
  return facts;
}

// As model::IsOpen, of the row `r` of repositories.
constexpr char kOpenSql[] = "(r.auth_method = 0 AND NOT starts_with(r.url, 'ns-git:'))";

// Whether the user $1 owns the row `id` of `table`.
std::string OwnsSql(const std::string& table, const std::string& id) {
  return "EXISTS (SELECT 1 FROM " + table + "_owners WHERE " + table + "_id = " + id +
         " AND subject_id = $1)";
}

// The name of the parameter that was put in last.
std::string Newest(const Params& params) { return "$" + std::to_string(params.values().size()); }

std::string ScopeSql(ports::RepositoryScope scope) {
  const std::string owned = OwnsSql("repository", "r.id"), usable = owned + " OR " + kOpenSql;
  switch (scope) {
    case ports::RepositoryScope::kOwned:
      return owned;
    case ports::RepositoryScope::kUsable:
      return usable;
    case ports::RepositoryScope::kVisible:
      return usable +
             " OR EXISTS (SELECT 1 FROM applications WHERE repository_id = r.id AND NOT deleted)";
    default:
      return "$1::text IS NOT NULL";
  }
}

class PgListings final : public ports::ListingStore {
 public:
  PgListings(Pool& pool, const Sealing& sealing, BadRows& bad)
      : pool_(pool), sealing_(sealing), bad_(bad) {}

  Result<std::vector<ports::AppStamp>> Stamps(const ports::AppScope& scope) override {
    std::string sql = std::string("SELECT ") + kStampColumns +
                      " FROM applications a LEFT JOIN observations o ON o.application_id = a.id "
                      "WHERE NOT a.deleted";
    Params params;
    if (scope.owner) {
      sql += " AND " + OwnsSql("application", "a.id");
      params << *scope.owner;
    }
    if (scope.repository) {
      params << *scope.repository;
      sql += " AND a.repository_id = " + Newest(params);
    }
    if (scope.among) {
      params << *scope.among;
      sql += " AND a.id = ANY(" + Newest(params) + "::text[])";
    }
    NS_ASSIGN(const Rows rows, pool_.Run(sql + " ORDER BY a.number", params));
    return ReadAll<ports::AppStamp>(rows, ReadStamp);
  }

  Result<std::vector<ListedApp>> Apps(const std::vector<AppId>& ids) override {
    return pool_.Read([&](Connection& connection) -> Result<std::vector<ListedApp>> {
      NS_ASSIGN(auto apps, LoadApps(connection, "id = ANY($1::text[])", Params::Of(ids),
                                    WithEnv::kNo, sealing_, &bad_));
      NS_ASSIGN(auto facts, LoadFacts(connection, ids));
      std::vector<ListedApp> listed;
      listed.reserve(apps.size());
      for (model::Application& app : apps) {
        ListedApp& one = facts.at(app.id);
        one.app = std::move(app);
        listed.push_back(std::move(one));
      }
      return listed;
    });
  }

  Result<std::vector<model::Build>> Builds(const ports::BuildScope& scope, int64_t offset,
                                           int limit) override {
    std::string sql = "WHERE true";
    Params params;
    if (scope.seer) {
      params << *scope.seer;
      sql +=
          " AND application_id IN (SELECT a.id FROM applications a JOIN repositories r ON r.id = "
          "a.repository_id WHERE NOT a.deleted AND (" +
          std::string(kOpenSql) + " OR " + OwnsSql("application", "a.id") + " OR " +
          OwnsSql("repository", "r.id") + "))";
    }
    if (scope.among) {
      params << *scope.among;
      sql += " AND application_id = ANY(" + Newest(params) + "::text[])";
    }
    params << offset;
    sql += " ORDER BY number DESC OFFSET " + Newest(params);
    params << limit;
    sql += " LIMIT " + Newest(params);
    return pool_.Read(
        [&](Connection& connection) { return LoadBuilds(connection, sql, params, &bad_); });
  }

  Result<std::vector<model::Repository>> Repositories(ports::RepositoryScope scope,
                                                      const UserId& user) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT id, name, url, auth_method, array(SELECT subject_id FROM "
                        "repository_owners WHERE repository_id = r.id ORDER BY ordinal)"
                        " FROM repositories r WHERE " +
                            ScopeSql(scope) + " ORDER BY name COLLATE \"C\", id",
                        Params::Of(user)));
    return ReadAll<model::Repository>(rows, [](Row& row, model::Repository& out) {
      std::vector<std::string> owners;
      row >> out.id >> out.name >> out.url >> out.credentials.method >> owners;
      for (std::string& owner : owners) out.owners.emplace_back(std::move(owner));
    });
  }

  Result<std::vector<ports::AppName>> AppsOf(const RepositoryId& repository) override {
    NS_ASSIGN(const Rows rows, pool_.Run("SELECT id, name, deleted FROM applications WHERE "
                                         "repository_id = $1 ORDER BY number",
                                         Params::Of(repository)));
    return ReadAll<ports::AppName>(
        rows, [](Row& row, ports::AppName& out) { row >> out.id >> out.name >> out.deleted; });
  }

  Result<std::vector<ports::CommitPlace>> Places(const std::vector<std::string>& commits) override {
    NS_ASSIGN(const Rows rows, pool_.Run(kPlacesOfCommits, Params::Of(commits)));
    return ReadAll<ports::CommitPlace>(
        rows, [](Row& row, ports::CommitPlace& out) { row >> out.commit >> out.repository; });
  }

  Result<std::vector<ports::AppStanding>> Standings(const std::vector<AppId>& ids) override {
    return pool_.Read([&](Connection& connection) -> Result<std::vector<ports::AppStanding>> {
      NS_ASSIGN(auto snapshots,
                LoadSnapshots(connection, ids, {Reader::kPerson, true}, sealing_, bad_));
      std::vector<std::string> repositories;
      for (const auto& one : snapshots) repositories.push_back(one.app.repository.str());
      NS_ASSIGN(const auto conditions,
                ReadConditionsOf(connection, model::Subject::kRepository, repositories));
      NS_ASSIGN(const Rows rows, connection.Run(kAttendances, Params::Of(ids)));
      NS_ASSIGN(const auto attendances, ReadAttendances(rows));
      std::vector<ports::AppStanding> out;
      for (model::AppSnapshot& one : snapshots) {
        const auto known = conditions.find(one.app.repository.str());
        const auto seen = attendances.find(one.app.id);
        ports::AppStanding& standing = out.emplace_back();
        if (known != conditions.end()) standing.of_repository = known->second;
        if (seen != attendances.end()) standing.attendance = seen->second;
        standing.snapshot = std::move(one);
      }
      return out;
    });
  }

  Result<std::map<AppId, Duration>> LastDurations(const std::vector<AppId>& apps) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT given.id, b.started_at, b.finished_at FROM unnest($1::text[]) AS "
                        "given (id) CROSS JOIN LATERAL (SELECT started_at, finished_at FROM builds "
                        "WHERE application_id = given.id AND status = 2 AND started_at IS NOT NULL "
                        "ORDER BY number DESC LIMIT 1) AS b",
                        Params::Of(apps)));
    std::map<AppId, Duration> out;
    for (int i = 0; i < rows.size(); ++i) {
      Row row = rows[i];
      AppId id;
      Time started = kNever, finished = kNever;
      row >> id >> started >> finished;
      NS_TRY(row.status());
      out[id] = finished - started;
    }
    return out;
  }

  // By the index of addresses: `held` says that the application is no tombstone.
  Result<std::vector<std::string>> TakenHosts(const std::vector<std::string>& hosts) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT DISTINCT fqdn COLLATE \"C\" FROM websites WHERE held AND fqdn = "
                        "ANY($1::text[]) AND path_prefix = '/' ORDER BY 1",
                        Params::Of(hosts)));
    return ReadAll<std::string>(rows, [](Row& row, auto& host) { row >> host; });
  }

 private:
  Pool& pool_;
  const Sealing& sealing_;
  BadRows& bad_;
};

}  // namespace

std::unique_ptr<ports::ListingStore> NewPgListings(Pool& pool, const Sealing& sealing,
                                                   BadRows& bad) {
  return std::make_unique<PgListings>(pool, sealing, bad);
}

}  // namespace ns::store
