#include "store/build_rows.h"
#include "store/holding.h"
#include "store/journal.h"
#include "store/sub_stores.h"

namespace ns::store {
namespace {

using model::Build;
using ports::BuildResult;

constexpr char kFirstOwner[] =
    "coalesce((SELECT subject_id FROM application_owners WHERE application_id = app.id ORDER BY "
    "ordinal LIMIT 1), '')";
constexpr char kSupersededMessage[] = "a newer build made this one needless";

Result<bool> Exists(Connection& connection, const BuildId& id) {
  NS_ASSIGN(const Rows rows, connection.Run("SELECT 1 FROM builds WHERE id = $1", Params::Of(id)));
  return !rows.empty();
}

Status MissingOr(Connection& connection, const BuildId& id, Status otherwise) {
  NS_ASSIGN(const bool exists, Exists(connection, id));
  return exists ? otherwise : NoSuch("build", id.str());
}

// Ends the claim of the build $1 where `held` (SQL) is true. A cancelled build is not queued again;
// one that was superseded keeps saying so.
Result<bool> EndClaim(Connection& connection, const BuildId& id, const std::string& held,
                      const std::string& held_by, const BuildResult& result) {
  NS_ASSIGN(
      const Rows rows,
      connection.Run(
          "WITH ended AS (SELECT id, CASE WHEN $3::smallint = 0 AND cancel_requested THEN 4 ELSE "
          "$3 END AS next,"
          "   outcome_reason = 'Superseded' AND ($3 = 4 OR ($3 = 0 AND cancel_requested)) AS keep"
          "  FROM builds WHERE id = $1 AND status = 1 AND " +
              held +
              " FOR NO KEY UPDATE)"
              " UPDATE builds SET status = next, lease_host = '', lease_token = '', lease_expires "
              "= NULL, updated_at = now(),"
              "  finished_at = CASE WHEN next = 0 THEN NULL ELSE now() END,"
              "  not_before = CASE WHEN next = 0 THEN now() + $4::interval ELSE not_before END,"
              "  image_reference = $5, image_digest = $6, image_size = $7,"
              "  outcome_code = CASE WHEN keep THEN outcome_code ELSE $8 END,"
              "  outcome_fault = CASE WHEN keep THEN outcome_fault ELSE $9 END,"
              "  outcome_reason = CASE WHEN keep THEN outcome_reason ELSE $10 END,"
              "  outcome_message = CASE WHEN keep THEN outcome_message ELSE $11 END"
              " FROM ended WHERE builds.id = ended.id",
          Params::Of(id, held_by, result.status, result.retry_in, result.image.reference,
                     result.image.digest, result.image.size, result.outcome.code(),
                     result.outcome.fault(), result.outcome.reason(), result.outcome.message())));
  return rows.touched() > 0;
}

class PgBuilds final : public ports::BuildStore {
 public:
  PgBuilds(Pool& pool, Random& random, BadRows& bad) : pool_(pool), random_(random), bad_(bad) {}

  Status Register(const Build& build, const std::vector<BuildId>& supersede,
                  const std::vector<BuildId>& cancel, const HostId& holder) override {
    return pool_.Write([&](Connection& connection) -> Status {
      if (!holder.empty())
        NS_TRY(CheckHeld(connection, "applications", build.app.str(), holder, RowLock::kWrite));
      if (!supersede.empty()) NS_TRY(Supersede(connection, supersede));
      if (!cancel.empty()) NS_TRY(RequestSuperseding(connection, cancel));
      return build.id.empty() ? Status() : InsertQueued(connection, build);
    });
  }

  Result<Build> Get(const BuildId& id) override {
    NS_ASSIGN(auto found, pool_.Read([&](Connection& connection) {
      return LoadBuilds(connection, "WHERE id = $1", Params::Of(id));
    }));
    if (found.empty()) return NoSuch("build", id.str());
    return std::move(found.front());
  }

  Result<std::vector<Build>> ListByApp(const AppId& app, int limit) override {
    return List("WHERE application_id = $1 ORDER BY number DESC LIMIT $2", Params::Of(app, limit));
  }

  Result<model::QueueSnapshot> Queue() override {
    return pool_.Read([&](Connection& connection) -> Result<model::QueueSnapshot> {
      model::QueueSnapshot queue;
      NS_ASSIGN(queue.queued,
                LoadBuilds(connection, "WHERE status = 0 ORDER BY number", {}, &bad_));
      NS_ASSIGN(queue.building,
                LoadBuilds(connection, "WHERE status = 1 ORDER BY number", {}, &bad_));
      NS_ASSIGN(const Rows builders,
                connection.Run(
                    "SELECT id, build_slots, (SELECT count(*) FROM builds WHERE status = 1 AND "
                    "lease_host = hosts.id), build_methods FROM hosts"
                    " WHERE build_slots > 0 AND lease_expires > now() ORDER BY id"));
      NS_ASSIGN(queue.builders,
                ReadAll<model::BuilderState>(builders, [](Row& row, model::BuilderState& out) {
                  row >> out.host >> out.slots >> out.running >> out.methods;
                }));
      NS_ASSIGN(queue.apps, LoadQueueApps(connection));
      NS_ASSIGN(queue.served, LoadServed(connection));
      NS_ASSIGN(const Rows now, connection.Run("SELECT now()"));
      Row row = now[0];
      row >> queue.now;
      NS_TRY(row.status());
      return queue;
    });
  }

  // One statement, so that each build is claimed once whoever else claims at the same time.
  Result<std::vector<Build>> ClaimAll(const std::vector<ports::BuildClaim>& claims,
                                      Duration lease) override {
    std::vector<std::string> builds, hosts, tokens;
    for (const ports::BuildClaim& claim : claims) {
      builds.push_back(claim.build.str());
      hosts.push_back(claim.host.str());
      tokens.push_back(NewIdText(random_));
    }
    // Sent once more where its answer was lost, it finds its own tokens and gives the same answer.
    NS_ASSIGN(const Rows rows,
              pool_.Run(std::string("WITH claimed AS (UPDATE builds SET status = 1, attempt = "
                                    "attempt + CASE WHEN status = 0 THEN 1 ELSE 0 END, lease_host "
                                    "= host, lease_token = token,"
                                    " lease_expires = now() + $4::interval, started_at = now(), "
                                    "updated_at = now()"
                                    " FROM unnest($1::text[], $2::text[], $3::text[]) WITH "
                                    "ORDINALITY AS given (build, host, token, place)"
                                    " WHERE builds.id = build AND (status = 0 OR (status = 1 AND "
                                    "lease_token = token)) RETURNING "
                                    "builds.*, place) SELECT ") +
                            kBuildColumns + " FROM claimed ORDER BY place",
                        Params::Of(builds, hosts, tokens, lease)));
    return ReadBuilds(rows, &bad_);
  }

  Status Renew(const BuildId& id, const std::string& token, Duration lease) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("UPDATE builds SET lease_expires = now() + $3::interval WHERE id = $1 AND "
                        "status = 1 AND lease_token = $2 RETURNING cancel_requested",
                        Params::Of(id, token, lease)));
    if (rows.empty()) return Stale("the lease of the build is lost");
    bool cancelled = false;
    Row row = rows[0];
    row >> cancelled;
    return cancelled ? Status(Code::kCancelled, "the build shall be cancelled") : Status();
  }

  Status Settle(const BuildId& id, const std::string& token, const BuildResult& result) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_ASSIGN(const bool ended, EndClaim(connection, id, "lease_token = $2", token, result));
      return ended ? Status() : Stale("the lease of the build is lost");
    });
  }

  Status Expire(const BuildId& id, int attempt, const BuildResult& result) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_ASSIGN(const bool ended,
                EndClaim(connection, id, "attempt = $2::integer AND lease_expires <= now()",
                         std::to_string(attempt), result));
      return ended ? Status() : Stale("the lease of the build has not run out");
    });
  }

  Status Cancel(const BuildId& id, const UserId& actor) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      NS_ASSIGN(const Rows queued,
                connection.Run("UPDATE builds SET status = 4, finished_at = now(), outcome_code = "
                               "$2, outcome_fault = 0, outcome_reason = 'Cancelled',"
                               " outcome_message = 'cancelled on request', cancel_requested = "
                               "true, updated_at = now() WHERE id = $1 AND status = 0",
                               Params::Of(id, Code::kCancelled)));
      if (queued.touched()) return {};
      NS_ASSIGN(const Rows rows, connection.Run("UPDATE builds SET cancel_requested = true, "
                                                "updated_at = now() WHERE id = $1 AND status = 1",
                                                Params::Of(id)));
      return rows.touched()
                 ? Status()
                 : MissingOr(connection, id, Status(Code::kPrecondition, "the build has ended"));
    });
  }

  Status Retry(const AppId& app, const std::string& commit, const UserId& actor) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      NS_ASSIGN(const Rows any,
                connection.Run(
                    "SELECT 1 FROM builds WHERE application_id = $1 AND commit_hash = $2 LIMIT 1",
                    Params::Of(app, commit)));
      if (any.empty()) return NotFound("there is no build of the commit " + commit);
      return connection.Do(
          "UPDATE builds SET retriable = true WHERE application_id = $1 AND commit_hash = $2 AND "
          "status > 1 AND NOT retriable",
          Params::Of(app, commit));
    });
  }

 private:
  static Result<std::map<UserId, Time>> LoadServed(Connection& connection) {
    NS_ASSIGN(const Rows rows,
              connection.Run(std::string("SELECT ") + kFirstOwner +
                             ", max(started_at) FROM builds JOIN applications AS app ON app.id = "
                             "application_id WHERE started_at > now() - interval '1 hour' AND "
                             "started_at < now() + interval '1 day' GROUP BY 1"));
    std::map<UserId, Time> served;
    for (int i = 0; i < rows.size(); ++i) {
      Row row = rows[i];
      UserId owner;
      Time started = kNever;
      row >> owner >> started;
      served.emplace(std::move(owner), started);
      NS_TRY(row.status());
    }
    return served;
  }

  static Result<std::map<AppId, model::QueueApp>> LoadQueueApps(Connection& connection) {
    NS_ASSIGN(const Rows rows,
              connection.Run(std::string("SELECT id, ") + kFirstOwner +
                             ", build_method, target_release <> '' FROM applications AS app"
                             " WHERE id IN (SELECT application_id FROM builds WHERE status <= "
                             "1)"));
    std::map<AppId, model::QueueApp> apps;
    for (int i = 0; i < rows.size(); ++i) {
      Row row = rows[i];
      AppId id;
      model::QueueApp app;
      row >> id >> app.owner >> app.method >> app.has_release;
      NS_TRY(row.status());
      apps.emplace(std::move(id), std::move(app));
    }
    return apps;
  }

  Result<std::vector<Build>> List(const std::string& rest, const Params& params) {
    return pool_.Read(
        [&](Connection& connection) { return LoadBuilds(connection, rest, params, &bad_); });
  }

  static Status Supersede(Connection& connection, const std::vector<BuildId>& ids) {
    return connection.Do(
        "UPDATE builds SET status = 5, finished_at = now(), updated_at = now(), outcome_code = $2, "
        "outcome_fault = 0, outcome_reason = $3,"
        " outcome_message = $4 WHERE id = ANY($1::text[]) AND status = 0",
        Params::Of(ids, Code::kCancelled, model::kSuperseded, kSupersededMessage));
  }

  static Status RequestSuperseding(Connection& connection, const std::vector<BuildId>& ids) {
    return connection.Do(
        "UPDATE builds SET cancel_requested = true, updated_at = now(), outcome_code = $2, "
        "outcome_fault = 0, outcome_reason = $3,"
        " outcome_message = $4 WHERE id = ANY($1::text[]) AND status = 1",
        Params::Of(ids, Code::kCancelled, model::kSuperseded, kSupersededMessage));
  }

  static Status InsertQueued(Connection& connection, const Build& build) {
    NS_ASSIGN(const Rows rows,
              connection.Run("INSERT INTO builds (id, application_id, commit_hash, build_key)"
                             " SELECT $1::text, id, $3::text, $4::text FROM applications WHERE id "
                             "= $2 AND NOT deleted",
                             Params::Of(build.id, build.app, build.commit, build.build_key)));
    return rows.touched() ? Status() : NoSuch("application", build.app.str());
  }

  Pool& pool_;
  Random& random_;
  BadRows& bad_;
};

class PgBuildLogs final : public ports::BuildLogStore {
 public:
  explicit PgBuildLogs(Pool& pool) : pool_(pool) {}

  Result<int64_t> Append(const BuildId& id, const std::string& token, int64_t offset,
                         std::string_view bytes) override {
    NS_ASSIGN(
        const Rows rows,
        pool_.Run("WITH held AS (SELECT id, coalesce((SELECT start_offset + length(bytes) FROM "
                  "build_logs WHERE build_id = $1 ORDER BY start_offset DESC LIMIT 1), 0) AS stored"
                  "  FROM builds WHERE id = $1 AND status = 1 AND lease_token = $2),"
                  " added AS (INSERT INTO build_logs (build_id, start_offset, bytes)"
                  "  SELECT id, stored, substr($4::bytea, (stored - $3::bigint)::integer + 1)"
                  "  FROM held WHERE $3 BETWEEN 0 AND stored AND stored < $3 + length($4)"
                  "  ON CONFLICT DO NOTHING RETURNING start_offset + length(bytes) AS stored)"
                  " SELECT coalesce((SELECT stored FROM added), stored) FROM held",
                  Params::Of(id, token, offset, BytesIn{bytes})));
    if (rows.empty()) return Stale("the lease of the build is lost");
    int64_t end = 0;
    Row row = rows[0];
    row >> end;
    NS_TRY(row.status());
    return end;
  }

  Result<ports::LogSlice> Read(const BuildId& id, int64_t offset, int64_t max) override {
    return pool_.Read([&](Connection& connection) {
      return ReadSlice(connection, id, std::max<int64_t>(offset, 0), std::max<int64_t>(max, 0));
    });
  }

 private:
  static Result<ports::LogSlice> ReadSlice(Connection& connection, const BuildId& id,
                                           int64_t offset, int64_t max) {
    NS_ASSIGN(
        const Rows build,
        connection.Run("SELECT status > 1, coalesce((SELECT start_offset + length(bytes) FROM "
                       "build_logs WHERE build_id = $1 ORDER BY start_offset DESC LIMIT 1), 0)"
                       " FROM builds WHERE id = $1",
                       Params::Of(id)));
    if (build.empty()) return NoSuch("build", id.str());
    bool settled = false;
    int64_t end = 0;
    Row row = build[0];
    row >> settled >> end;
    NS_TRY(row.status());
    ports::LogSlice slice;
    if (offset < end && max > 0) {
      NS_ASSIGN(slice.bytes, ReadBytes(connection, id, offset, std::min(max, end - offset)));
    }
    slice.next_offset = offset + static_cast<int64_t>(slice.bytes.size());
    slice.finished = settled && slice.next_offset >= end;
    return slice;
  }

  static Result<std::string> ReadBytes(Connection& connection, const BuildId& id, int64_t offset,
                                       int64_t size) {
    NS_ASSIGN(const Rows rows,
              connection.Run("SELECT start_offset, bytes FROM build_logs WHERE build_id = $1 AND "
                             "start_offset < $2::bigint + $3::bigint AND start_offset >="
                             " (SELECT start_offset FROM build_logs WHERE build_id = $1 AND "
                             "start_offset <= $2::bigint ORDER BY start_offset DESC LIMIT 1)"
                             " ORDER BY start_offset",
                             Params::Of(id, offset, size)));
    std::string bytes;
    int64_t begin = offset;
    for (int i = 0; i < rows.size(); ++i) {
      std::string piece;
      int64_t start = 0;
      Row row = rows[i];
      row >> start >> BytesOut{piece};
      NS_TRY(row.status());
      if (i == 0) begin = start;
      bytes += piece;
    }
    return bytes.substr(static_cast<size_t>(offset - begin), static_cast<size_t>(size));
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<ports::BuildStore> NewPgBuilds(Pool& pool, Random& random, BadRows& bad) {
  return std::make_unique<PgBuilds>(pool, random, bad);
}
std::unique_ptr<ports::BuildLogStore> NewPgBuildLogs(Pool& pool) {
  return std::make_unique<PgBuildLogs>(pool);
}

}  // namespace ns::store
