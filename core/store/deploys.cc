#include <algorithm>

#include "store/app_rows.h"
#include "store/build_rows.h"
#include "store/journal.h"
#include "store/observation_rows.h"
#include "store/sub_stores.h"

namespace ns::store {
namespace {

constexpr char kReleaseColumns[] =
    "id, application_id, build_id, commit_hash, image_reference, image_digest, image_size, "
    "generation, created_at";

void ReadRelease(Row& row, model::Release& out) {
  row >> out.id >> out.app >> out.build >> out.commit >> out.image.reference >> out.image.digest >>
      out.image.size >> out.generation >> out.created_at;
}

Result<std::optional<model::Release>> LoadRelease(Connection& connection, const ReleaseId& id) {
  std::optional<model::Release> release;
  if (id.empty()) return release;
  NS_ASSIGN(const Rows rows, connection.Run(std::string("SELECT ") + kReleaseColumns +
                                                " FROM releases WHERE id = $1",
                                            Params::Of(id)));
  NS_ASSIGN(auto found, ReadAll<model::Release>(rows, ReadRelease));
  if (!found.empty()) release = std::move(found.front());
  return release;
}

Status InsertRelease(Connection& connection, const AppId& app, int64_t generation,
                     const model::Release& release) {
  return connection.Do(
      "INSERT INTO releases (id, application_id, build_id, commit_hash, image_reference, "
      "image_digest, image_size, generation)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      Params::Of(release.id, app, release.build, release.commit, release.image.reference,
                 release.image.digest, release.image.size, generation));
}

// Of the application $1 at the commit $2: the newest ones, and however old they are, those of the
// commit and those to be tried again.
constexpr char kDecisiveBuilds[] =
    "AS b WHERE application_id = $1 AND (commit_hash = $2"
    " OR id IN (SELECT id FROM builds WHERE application_id = $1 ORDER BY number DESC LIMIT 50)"
    " OR (retriable AND NOT EXISTS (SELECT 1 FROM builds AS later WHERE later.application_id = $1 "
    "AND later.commit_hash = b.commit_hash"
    " AND later.number > b.number))) ORDER BY number DESC";

// kNotFound when there is no such application, else `otherwise`.
Status MissingOr(Connection& connection, const AppId& id, Status otherwise) {
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT 1 FROM applications WHERE id = $1", Params::Of(id)));
  return rows.empty() ? NoSuch("application", id.str()) : otherwise;
}

class PgDeploys final : public ports::DeployStore {
 public:
  PgDeploys(Pool& pool, const Sealing& sealing) : pool_(pool), sealing_(sealing) {}

  Result<model::AppSnapshot> Snapshot(const AppId& id) override {
    return pool_.Read([&](Connection& connection) -> Result<model::AppSnapshot> {
      model::AppSnapshot snapshot;
      NS_ASSIGN(snapshot.app, LoadApp(connection, id, sealing_));
      NS_ASSIGN(snapshot.builds,
                LoadBuilds(connection, kDecisiveBuilds, Params::Of(id, snapshot.app.commit)));
      NS_ASSIGN(snapshot.release, LoadRelease(connection, snapshot.app.target.release));
      NS_ASSIGN(snapshot.observed, LoadObservation(connection, id));
      NS_ASSIGN(snapshot.conditions,
                ReadConditions(connection, model::Subject::kApplication, id.str()));
      NS_ASSIGN(
          const Rows rows,
          connection.Run("SELECT deleted AND NOT removed, now() FROM applications WHERE id = $1",
                         Params::Of(id)));
      Row row = rows[0];
      row >> snapshot.resources_may_remain >> snapshot.now;
      NS_TRY(row.status());
      return snapshot;
    });
  }

  Result<model::Target> SetTarget(const AppId& id, int64_t expected_generation,
                                  const model::Target& next,
                                  const std::optional<model::Release>& release) override {
    return pool_.Write([&](Connection& connection) -> Result<model::Target> {
      NS_ASSIGN(
          const Rows rows,
          connection.Run("UPDATE applications SET target_generation = $2 + 1, target_state = $3, "
                         "target_release = $4, target_run_key = $5,"
                         " target_route_key = $6 WHERE id = $1 AND target_generation = $2::bigint",
                         Params::Of(id, expected_generation, next.state, next.release, next.run_key,
                                    next.route_key)));
      if (rows.touched() == 0)
        return MissingOr(connection, id, Stale("the target of the application has moved on"));
      model::Target stored = next;
      stored.generation = expected_generation + 1;
      if (release) NS_TRY(InsertRelease(connection, id, stored.generation, *release));
      return stored;
    });
  }

  Status SaveObserved(const model::ObservedApp& observed,
                      const std::vector<model::Condition>& conditions) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_ASSIGN(const Rows rows,
                connection.Run("SELECT 1 FROM applications WHERE id = $1 FOR NO KEY UPDATE",
                               Params::Of(observed.id)));
      if (rows.empty()) return NoSuch("application", observed.id.str());
      NS_ASSIGN(const auto before, LoadObservation(connection, observed.id));
      if (before && observed.fence < before->fence) return {};
      NS_TRY(PutObservation(connection, observed));
      NS_TRY(
          PutConditions(connection, model::Subject::kApplication, observed.id.str(), conditions));
      for (const model::Event& event : PhaseEvents(before, observed))
        NS_TRY(PutEvent(connection, event));
      return {};
    });
  }

  Result<std::vector<model::Release>> Releases(const AppId& id, int limit) override {
    NS_ASSIGN(
        const Rows rows,
        pool_.Run(std::string("SELECT ") + kReleaseColumns +
                      " FROM releases WHERE application_id = $1 ORDER BY number DESC LIMIT $2",
                  Params::Of(id, limit)));
    return ReadAll<model::Release>(rows, ReadRelease);
  }

  Result<model::ObservedApp> Observed(const AppId& id) override {
    return pool_.Read([&](Connection& connection) -> Result<model::ObservedApp> {
      NS_ASSIGN(auto observed, LoadObservation(connection, id));
      if (!observed) return NotFound("the application was never observed");
      return std::move(*observed);
    });
  }

  Status ConfirmRemoved(const AppId& id) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_ASSIGN(const Rows rows,
                connection.Run("UPDATE applications SET removed = true WHERE id = $1 AND deleted",
                               Params::Of(id)));
      return rows.touched()
                 ? Status()
                 : MissingOr(connection, id,
                             Status(Code::kPrecondition, "the application is not deleted"));
    });
  }

  Status Purge(const AppId& id) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(
          connection.Do("DELETE FROM conditions WHERE subject = $2 AND subject_id IN (SELECT id "
                        "FROM builds WHERE application_id = $1)",
                        Params::Of(id, model::Subject::kBuild)));
      NS_TRY(connection.Do("DELETE FROM conditions WHERE subject = $2 AND subject_id = $1",
                           Params::Of(id, model::Subject::kApplication)));
      NS_ASSIGN(
          const Rows rows,
          connection.Run("DELETE FROM applications WHERE id = $1 AND removed", Params::Of(id)));
      if (rows.touched()) return {};
      return MissingOr(
          connection, id,
          Status(Code::kPrecondition, "the backend has not confirmed that nothing is left"));
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
  Pool& pool_;
  const Sealing& sealing_;
};

}  // namespace

std::unique_ptr<ports::DeployStore> NewPgDeploys(Pool& pool, const Sealing& sealing) {
  return std::make_unique<PgDeploys>(pool, sealing);
}

}  // namespace ns::store
