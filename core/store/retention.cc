#include <algorithm>

#include "store/app_rows.h"
#include "store/build_rows.h"
#include "store/holding.h"
#include "store/release_rows.h"
#include "store/sub_stores.h"

namespace ns::store {
namespace {

class PgRetention final : public ports::RetentionStore {
 public:
  PgRetention(Pool& pool, const Sealing& sealing) : pool_(pool), sealing_(sealing) {}

  Result<model::AppHistory> History(const AppId& id, const HostId& holder,
                                    const std::vector<std::string>& backends) override {
    Result<model::AppHistory> held =
        LoadOrTake(pool_, "applications", "backend = ANY($3::text[])",
                   Params::Of(id, holder, backends), [&] { return LoadHeld(id, holder); });
    return held.status().code() == Code::kNotFound ? LoadPurged(id) : std::move(held);
  }

  Status CondemnImages(const AppId& id, const std::vector<BuildId>& builds,
                       const HostId& holder) override {
    return Edit(id, holder, builds,
                "UPDATE builds SET image_state = 1 WHERE application_id = $1 AND id = "
                "ANY($2::text[]) AND status > 1 AND image_state = 0"
                " AND id NOT IN (SELECT build_id FROM releases, applications WHERE "
                "applications.id = $1 AND releases.id IN (target_release, pinned_release))");
  }

  Status ImagesGone(const AppId& id, const std::vector<BuildId>& builds,
                    const HostId& holder) override {
    return Edit(
        id, holder, builds,
        "UPDATE builds SET image_state = 2, updated_at = now() WHERE application_id = $1 AND id = "
        "ANY($2::text[]) AND status > 1 AND image_state = 1");
  }

  Status DropLogs(const AppId& id, const std::vector<BuildId>& builds,
                  const HostId& holder) override {
    return Edit(id, holder, builds,
                "DELETE FROM build_logs WHERE build_id IN (SELECT id FROM builds WHERE "
                "application_id = $1 AND id = ANY($2::text[]) AND status > 1)");
  }

  Status DropReleases(const AppId& id, const std::vector<ReleaseId>& releases,
                      const HostId& holder) override {
    return Edit(id, holder, releases,
                "DELETE FROM releases USING applications WHERE application_id = $1 AND "
                "applications.id = $1 AND releases.id = ANY($2::text[]) AND releases.id NOT IN "
                "(target_release, pinned_release)");
  }

  // Numbers grow with time, so that no index by time is needed. What another host removes just now
  // is left to it.
  Result<int64_t> DropEvents(Duration age, int limit) override {
    int64_t gone = 0;
    for (const std::string table : {"events", "audit_events"}) {
      NS_ASSIGN(const Rows rows,
                pool_.Run("DELETE FROM " + table + " WHERE number IN (SELECT number FROM " + table +
                              " WHERE number IN (SELECT number FROM " + table +
                              " ORDER BY number LIMIT $2) AND happened_at "
                              "<= now() - $1::interval FOR UPDATE SKIP LOCKED)",
                          Params::Of(age, limit)));
      gone = std::max(gone, rows.touched());
    }
    return gone;
  }

  Result<std::vector<AppId>> Purged() override {
    NS_ASSIGN(const Rows rows, pool_.Run("SELECT id FROM purged_applications ORDER BY id"));
    return ReadAll<AppId>(rows, [](Row& row, AppId& out) { row >> out; });
  }

  Status ForgetPurged(const AppId& id) override {
    return pool_.Run("DELETE FROM purged_applications WHERE id = $1", Params::Of(id)).status();
  }

 private:
  Result<model::AppHistory> LoadPurged(const AppId& id) {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT purged_at, now() FROM purged_applications WHERE id = $1",
                        Params::Of(id)));
    if (rows.size() == 0) return NotFound("no application " + id.str());
    model::AppHistory history;
    history.app.id = id;
    Row row = rows[0];
    row >> history.purged >> history.now;
    NS_TRY(row.status());
    return history;
  }

  template <class Id>
  Status Edit(const AppId& id, const HostId& holder, const std::vector<Id>& things,
              const char* sql) {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(CheckHeld(connection, "applications", id.str(), holder, RowLock::kWrite));
      return connection.Do(sql, Params::Of(id, things));
    });
  }

  Result<model::AppHistory> LoadHeld(const AppId& id, const HostId& holder) {
    return pool_.Read([&](Connection& connection) -> Result<model::AppHistory> {
      NS_TRY(CheckHeld(connection, "applications", id.str(), holder, RowLock::kNone));
      model::AppHistory history;
      NS_ASSIGN(auto apps, LoadApps(connection, "id = $1", Params::Of(id), WithEnv::kNo, sealing_));
      history.app = std::move(apps.front());
      NS_ASSIGN(history.releases, LoadReleases(connection, id, 0));
      NS_ASSIGN(
          history.builds,
          LoadBuilds(connection, "WHERE application_id = $1 ORDER BY number DESC", Params::Of(id)));
      NS_ASSIGN(const Rows rows,
                connection.Run("SELECT removed, version, now(), array(SELECT id FROM builds WHERE "
                               "application_id = $1 AND EXISTS (SELECT 1 FROM build_logs WHERE "
                               "build_id = builds.id) ORDER BY number DESC), EXISTS (SELECT 1 FROM "
                               "conditions WHERE subject = 0 AND subject_id = $1 AND kind = "
                               "'Cleanup' AND NOT ok)"
                               " FROM applications WHERE id = $1",
                               Params::Of(id)));
      std::vector<std::string> logged;
      Row row = rows[0];
      row >> history.removed >> history.version >> history.now >> logged >> history.stuck;
      NS_TRY(row.status());
      for (std::string& build : logged) history.logged.emplace_back(std::move(build));
      return history;
    });
  }

  Pool& pool_;
  const Sealing& sealing_;
};

}  // namespace

std::unique_ptr<ports::RetentionStore> NewPgRetention(Pool& pool, const Sealing& sealing) {
  return std::make_unique<PgRetention>(pool, sealing);
}

}  // namespace ns::store
