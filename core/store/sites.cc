#include "store/journal.h"
#include "store/site_rows.h"
#include "store/sub_stores.h"

namespace ns::store {
namespace {

constexpr char kSelect[] =
    "SELECT a.id, a.version, r.id, r.image_reference, r.image_digest, r.image_size, a.spa"
    " FROM applications AS a JOIN releases AS r ON r.id = a.target_release"
    " WHERE NOT a.deleted AND starts_with(r.image_reference, 'artifact:') ";

Result<std::vector<model::SiteDemand>> Load(Pool& pool, const std::string& rest,
                                            const Params& params) {
  NS_ASSIGN(const Rows rows, pool.Run(kSelect + rest, params));
  return ReadAll<model::SiteDemand>(rows, [](Row& row, model::SiteDemand& out) {
    row >> out.app >> out.version >> out.release >> out.artifact.reference >> out.artifact.digest >>
        out.artifact.size >> out.spa;
  });
}

class PgSites final : public ports::SiteStore {
 public:
  explicit PgSites(Pool& pool) : pool_(pool) {}

  Result<std::vector<model::SiteDemand>> Demands() override {
    return Load(pool_, "ORDER BY a.id", Params());
  }

  Result<model::SiteDemand> Demand(const AppId& app) override {
    NS_ASSIGN(auto found, Load(pool_, "AND a.id = $1", Params::Of(app)));
    if (found.empty()) return NoSuch("static site", app.str());
    return std::move(found.front());
  }

  // Settled: what was last seen of it is its target, and nothing of an older one is served.
  Result<std::vector<AppId>> Unsettled() override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT a.id FROM applications AS a LEFT JOIN observations AS o ON "
                        "o.application_id = a.id WHERE NOT a.deleted AND NOT coalesce(o.converged "
                        "AND o.generation = a.target_generation, false) ORDER BY a.id"));
    return ReadAll<AppId>(rows, [](Row& row, AppId& id) { row >> id; });
  }

  // Rows of hosts that are gone go along.
  Status Acknowledge(const HostId& host, const AppId& app,
                     const std::vector<ReleaseId>& releases) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(connection.Do(
          "DELETE FROM site_releases WHERE application_id = $2 AND ((host_id = $1 AND release_id "
          "<> ALL($3::text[])) OR host_id NOT IN (SELECT id FROM hosts))",
          Params::Of(host, app, releases)));
      return connection.Do(
          "INSERT INTO site_releases (host_id, application_id, release_id) SELECT $1, $2, given "
          "FROM unnest($3::text[]) AS given WHERE EXISTS (SELECT 1 FROM applications WHERE id = $2 "
          "FOR KEY SHARE) ON CONFLICT DO NOTHING",
          Params::Of(host, app, releases));
    });
  }

  // The row of the application is held, so that of two hosts the later one sees both.
  Status Say(const HostId& host, const AppId& app, const model::Condition& said) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_ASSIGN(const Rows rows,
                connection.Run("SELECT 1 FROM applications WHERE id = $1 FOR NO KEY UPDATE",
                               Params::Of(app)));
      if (rows.empty()) return NoSuch("application", app.str());
      NS_TRY(PutFailure(connection, host, app, said));
      NS_ASSIGN(const model::Condition merged, Merged(connection, app, said));
      return PutConditions(connection, model::Subject::kApplication, app.str(), {merged});
    });
  }

 private:
  static Status PutFailure(Connection& connection, const HostId& host, const AppId& app,
                           const model::Condition& said) {
    NS_TRY(connection.Do(
        "DELETE FROM site_failures WHERE application_id = $2 AND (host_id = $1 OR host_id NOT IN "
        "(SELECT id FROM hosts))",
        Params::Of(host, app)));
    if (said.ok) return {};
    return connection.Do(
        "INSERT INTO site_failures (host_id, application_id, reason, message) VALUES ($1, $2, $3, "
        "$4)",
        Params::Of(host, app, said.reason, said.message));
  }

  static Result<model::Condition> Merged(Connection& connection, const AppId& app,
                                         const model::Condition& said) {
    NS_ASSIGN(
        const Rows rows,
        connection.Run("SELECT f.reason, f.message FROM site_failures AS f JOIN hosts AS h ON "
                       "h.id = f.host_id WHERE f.application_id = $1 AND 'ssgen' = "
                       "ANY(h.roles) AND h.lease_expires > now() ORDER BY h.name "
                       "COLLATE \"C\", h.id LIMIT 1",
                       Params::Of(app)));
    model::Condition merged = said;
    if (rows.empty()) return merged;
    Row row = rows[0];
    row >> merged.reason >> merged.message;
    NS_TRY(row.status());
    merged.ok = false;
    return merged;
  }

  Pool& pool_;
};

}  // namespace

Result<std::map<AppId, model::SiteSpread>> LoadSpreads(Connection& connection,
                                                       const std::vector<AppId>& apps,
                                                       const std::vector<ReleaseId>& releases) {
  std::map<AppId, model::SiteSpread> out;
  if (apps.empty()) return out;
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT app, count(h.id), count(s.host_id) FROM unnest($1::text[], "
                           "$2::text[]) AS given (app, release) LEFT JOIN hosts AS h ON 'ssgen' = "
                           "ANY(h.roles) AND h.lease_expires > now() LEFT JOIN site_releases AS s "
                           "ON s.host_id = h.id AND s.application_id = app AND s.release_id = "
                           "release GROUP BY app",
                           Params::Of(apps, releases)));
  for (int i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    AppId app;
    model::SiteSpread spread;
    row >> app >> spread.hosts >> spread.ready;
    NS_TRY(row.status());
    out[app] = spread;
  }
  return out;
}

std::unique_ptr<ports::SiteStore> NewPgSites(Pool& pool) { return std::make_unique<PgSites>(pool); }

}  // namespace ns::store
