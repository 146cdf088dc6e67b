#include <algorithm>

#include "store/holding.h"
#include "store/journal.h"
#include "store/observation_rows.h"
#include "store/release_rows.h"
#include "store/snapshot_rows.h"
#include "store/sub_stores.h"

namespace ns::store {
namespace {

// kStale when the image of what `next` runs is not kept any more. Its build's row stays as it is
// until the transaction ends.
Status CheckImage(Connection& connection, const model::Target& next,
                  const std::optional<model::Release>& release) {
  const std::string of_release = "(SELECT build_id FROM releases WHERE id = $1)";
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT image_state <> 0 FROM builds WHERE id = " +
                               (release ? std::string("$1") : of_release) + " FOR SHARE",
                           release ? Params::Of(release->build) : Params::Of(next.release)));
  if (rows.empty()) return {};
  bool condemned = false;
  Row row = rows[0];
  row >> condemned;
  NS_TRY(row.status());
  return condemned ? Stale("the image of that release is condemned") : Status();
}

class PgDeploys final : public ports::DeployStore {
 public:
  PgDeploys(Pool& pool, const Sealing& sealing, BadRows& bad)
      : pool_(pool), sealing_(sealing), bad_(bad) {}

  Result<model::AppSnapshot> Snapshot(const AppId& id) override {
    return pool_.Read(
        [&](Connection& connection) { return Load(connection, id, Reader::kPerson); });
  }

  Result<model::AppSnapshot> Take(const AppId& id, const HostId& holder,
                                  const std::vector<std::string>& backends) override {
    return LoadOrTake(pool_, "applications", "backend = ANY($3::text[])",
                      Params::Of(id, holder, backends), [&] { return LoadHeld(id, holder); });
  }

  Result<model::Target> SetTarget(const AppId& id, int64_t expected_generation,
                                  const model::Target& next,
                                  const std::optional<model::Release>& release,
                                  const HostId& holder) override {
    return pool_.Write([&](Connection& connection) -> Result<model::Target> {
      NS_TRY(CheckHeld(connection, "applications", id.str(), holder, RowLock::kWrite));
      NS_TRY(CheckImage(connection, next, release));
      NS_ASSIGN(
          const Rows rows,
          connection.Run("UPDATE applications SET target_generation = $2 + 1, target_state = $3, "
                         "target_release = $4, target_run_key = $5,"
                         " target_route_key = $6 WHERE id = $1 AND target_generation = $2::bigint",
                         Params::Of(id, expected_generation, next.state, next.release, next.run_key,
                                    next.route_key)));
      if (rows.touched() == 0) return Stale("the target of the application has moved on");
      model::Target stored = next;
      stored.generation = expected_generation + 1;
      if (release) NS_TRY(InsertRelease(connection, id, stored.generation, *release, sealing_));
      return stored;
    });
  }

  Status SaveObserved(const model::ObservedApp& observed,
                      const std::vector<model::Condition>& conditions,
                      const HostId& holder) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(CheckHeld(connection, "applications", observed.id.str(), holder, RowLock::kWrite));
      NS_ASSIGN(const auto before, LoadObservation(connection, observed.id));
      if (before && observed.fence < before->fence) return {};
      NS_TRY(PutObservation(connection, observed));
      NS_TRY(
          PutConditions(connection, model::Subject::kApplication, observed.id.str(), conditions));
      return PutEvents(connection, PhaseEvents(before, observed));
    });
  }

  Result<std::vector<model::Release>> Releases(const AppId& id, int limit) override {
    return pool_.Read([&](Connection& connection) { return LoadReleases(connection, id, limit); });
  }

  Result<model::Attendance> Attendance(const AppId& id) override {
    NS_ASSIGN(const Rows rows, pool_.Run(kAttendances, Params::Of(std::vector{id})));
    NS_ASSIGN(auto found, ReadAttendances(rows));
    if (found.empty()) return NoSuch("application", id.str());
    return std::move(found.begin()->second);
  }

  Result<model::Release> Release(const AppId& app, const ReleaseId& id) override {
    return pool_.Read([&](Connection& connection) -> Result<model::Release> {
      Status env;
      NS_ASSIGN(auto release, LoadRelease(connection, id, sealing_, env));
      if (!release || release->app != app) return NoSuch("release", id.str());
      NS_TRY(env);
      return std::move(*release);
    });
  }

  Status ConfirmRemoved(const AppId& id, const HostId& holder) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(CheckHeld(connection, "applications", id.str(), holder, RowLock::kWrite));
      NS_ASSIGN(const Rows rows,
                connection.Run("UPDATE applications SET removed = true WHERE id = $1 AND deleted",
                               Params::Of(id)));
      return rows.touched() ? Status()
                            : Status(Code::kPrecondition, "the application is not deleted");
    });
  }

  Status Purge(const AppId& id, const HostId& holder) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(CheckHeld(connection, "applications", id.str(), holder, RowLock::kWrite));
      NS_TRY(
          connection.Do("DELETE FROM conditions WHERE subject = $2 AND subject_id IN (SELECT id "
                        "FROM builds WHERE application_id = $1)",
                        Params::Of(id, model::Subject::kBuild)));
      NS_TRY(connection.Do("DELETE FROM conditions WHERE subject = $2 AND subject_id = $1",
                           Params::Of(id, model::Subject::kApplication)));
      NS_ASSIGN(
          const Rows rows,
          connection.Run("DELETE FROM applications WHERE id = $1 AND removed", Params::Of(id)));
      if (!rows.touched())
        return Status(Code::kPrecondition, "the backend has not confirmed that nothing is left");
      return connection.Do(
          "INSERT INTO purged_applications (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET "
          "purged_at = excluded.purged_at",
          Params::Of(id));
    });
  }

  Result<int64_t> Epoch() override {
    NS_ASSIGN(const Rows rows, pool_.Run("SELECT coalesce(max(epoch), 1) FROM installation"));
    int64_t epoch = 1;
    Row row = rows[0];
    row >> epoch;
    NS_TRY(row.status());
    return epoch;
  }

  Status RaiseEpoch(int64_t at_least) override {
    return pool_
        .Run(
            "INSERT INTO installation AS stored (singleton, epoch) VALUES (true, "
            "greatest($1::bigint, 1))"
            " ON CONFLICT (singleton) DO UPDATE SET epoch = greatest(stored.epoch, excluded.epoch)",
            Params::Of(at_least))
        .status();
  }

 private:
  Result<model::AppSnapshot> LoadHeld(const AppId& id, const HostId& holder) {
    return pool_.Read([&](Connection& connection) -> Result<model::AppSnapshot> {
      NS_TRY(CheckHeld(connection, "applications", id.str(), holder, RowLock::kNone));
      return Load(connection, id, Reader::kLoop);
    });
  }

  Result<model::AppSnapshot> Load(Connection& connection, const AppId& id, Reader reader) {
    NS_ASSIGN(auto found, LoadSnapshots(connection, {id}, {reader}, sealing_, bad_));
    if (found.empty()) return NoSuch("application", id.str());
    return std::move(found.front());
  }

  Pool& pool_;
  const Sealing& sealing_;
  BadRows& bad_;
};

}  // namespace

std::unique_ptr<ports::DeployStore> NewPgDeploys(Pool& pool, const Sealing& sealing, BadRows& bad) {
  return std::make_unique<PgDeploys>(pool, sealing, bad);
}

}  // namespace ns::store
