#include "model/list_limits.h"
#include "store/app_rows.h"
#include "store/env_rows.h"
#include "store/holding.h"
#include "store/journal.h"
#include "store/sub_stores.h"

namespace ns::store {
namespace {

// Held by whoever may write websites and ports.
constexpr char kLockHoldings[] = "SELECT pg_advisory_xact_lock(5478003, 1)";

// What every other application holds, under the lock that keeps it so to the end of the
// transaction.
Result<std::vector<ports::Holding>> HoldingsBeside(Connection& connection, const AppId& id) {
  NS_TRY(connection.Do(kLockHoldings));
  NS_ASSIGN(auto apps, LoadHoldings(connection, "id <> $1 AND NOT deleted", Params::Of(id)));
  std::vector<ports::Holding> holdings;
  for (model::Application& app : apps) {
    holdings.push_back(
        {std::move(app.id), std::move(app.owners), std::move(app.websites), std::move(app.ports)});
  }
  return holdings;
}

Status CheckHoldings(Connection& connection, const AppId& id, const ports::HoldingCheck& check) {
  NS_ASSIGN(const auto holdings, HoldingsBeside(connection, id));
  return check ? check(holdings) : Status();
}

Params Settings(const model::Application& app) {
  return Params::Of(app.id, app.name, app.ref, app.build.method, app.build.settings,
                    app.run.entrypoint, app.run.command, app.run.use_mariadb, app.run.use_mongodb,
                    app.run.auto_shutdown, app.run.startup_behavior, app.artifact_path, app.spa,
                    app.deploy_type, app.strategy);
}

Status InsertRow(Connection& connection, const model::Application& app) {
  Params params = Settings(app);
  params << app.repository << app.commit << app.backend << app.desired << app.restart_nonce
         << app.target.generation << app.target.state << app.target.release << app.target.run_key
         << app.target.route_key;
  return connection.Do(
      "INSERT INTO applications (id, name, ref, build_method, build_settings, entrypoint, command, "
      "use_mariadb, use_mongodb, auto_shutdown,"
      " startup_behavior, artifact_path, spa, deploy_type, strategy, repository_id, commit_hash, "
      "backend, "
      "desired, restart_nonce, target_generation,"
      " target_state, target_release, target_run_key, target_route_key) VALUES ($1, $2, $3, $4, "
      "$5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
      " $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)",
      params);
}

class PgApps final : public ports::AppStore {
 public:
  PgApps(Pool& pool, const Sealing& sealing, BadRows& bad)
      : pool_(pool), sealing_(sealing), bad_(bad) {}

  Status Insert(const model::Application& app, const ports::HoldingCheck& check,
                const UserId& actor) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      NS_TRY(CheckHoldings(connection, app.id, check));
      NS_TRY(InsertRow(connection, app));
      NS_TRY(PutLists(connection, app));
      return PutEnv(connection, kAppEnv, app.id.str(), app.env, sealing_);
    });
  }

  Status Update(const model::Application& app, Time expected_updated_at,
                const ports::HoldingCheck& check, const UserId& actor,
                const ports::EnvEdit& env) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      NS_ASSIGN(const Rows rows,
                connection.Run("SELECT updated_at = $2::timestamptz, (SELECT "
                               "coalesce(string_agg('\"' || subject_id || '\"', ',' ORDER BY "
                               "subject_id), '') FROM application_owners WHERE application_id = $1 "
                               "AND NOT subject_id = ANY($3::text[])) FROM applications WHERE id = "
                               "$1 AND NOT deleted FOR NO KEY UPDATE",
                               Params::Of(app.id, expected_updated_at, app.owners)));
      if (rows.empty()) return NoSuch("application", app.id.str());
      bool current = false;
      std::string left;
      Row row = rows[0];
      row >> current >> left;
      if (!current) return Stale("the application was changed by somebody else meanwhile");
      NS_TRY(CheckHoldings(connection, app.id, check));
      NS_TRY(connection.Do(
          "UPDATE applications SET name = $2, ref = $3, build_method = $4, build_settings = $5, "
          "entrypoint = $6, command = $7,"
          " use_mariadb = $8, use_mongodb = $9, auto_shutdown = $10, startup_behavior = $11, "
          "artifact_path = $12, spa = $13, deploy_type = $14, strategy = $15,"
          " updated_at = greatest(now(), updated_at + interval '1 microsecond') WHERE id = $1",
          Settings(app)));
      NS_TRY(PutLists(connection, app));
      model::Event event = AppEvent(app.id, actor, "app.updated");
      if (!left.empty()) event.data = "{\"owners_left\":[" + left + "]}";
      NS_TRY(PutEvents(connection, {event}));
      return Edit(connection, app.id, env, actor);
    });
  }

  Result<model::Application> Get(const AppId& id) override {
    // What is done with one here needs no values, or brings its own.
    return pool_.Read([&](Connection& connection) {
      return LoadApp(connection, id, WithEnv::kWhatOpens, sealing_);
    });
  }

  Result<std::vector<model::Application>> List() override {
    return pool_.Read([&](Connection& connection) {
      return LoadApps(connection, "NOT deleted", {}, WithEnv::kNo, sealing_, &bad_);
    });
  }

  Result<std::vector<model::Versioned>> Index(const HostId& holder,
                                              const std::vector<std::string>& backends) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT id, CASE WHEN " + HeldSql("$1") +
                            " THEN version ELSE 0 END, CASE WHEN deleted OR target_generation = 0 "
                            "THEN '' ELSE backend END FROM applications WHERE " +
                            HeldSql("$1") + " OR (backend = ANY($2::text[]) AND NOT " +
                            AliveSql("holder") + ") ORDER BY id",
                        Params::Of(holder, backends)));
    return ReadAll<model::Versioned>(rows, [](Row& row, model::Versioned& out) {
      row >> out.key >> out.version >> out.backend;
    });
  }

  Status SetEnv(const AppId& id, const model::EnvVar& variable, const UserId& actor) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      NS_TRY(Touch(connection, id));
      NS_TRY(CheckRoom(connection, id, variable));
      return Edit(connection, id, {{variable}, {}}, actor);
    });
  }

  Status DeleteEnv(const AppId& id, const std::string& key, const UserId& actor) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      NS_TRY(Touch(connection, id));
      NS_ASSIGN(const bool dropped, Drop(connection, id, key, actor));
      return dropped ? Status() : NotFound("there is no variable \"" + key + "\"");
    });
  }

  Status SetDesired(const AppId& id, model::DesiredState desired, bool restart,
                    const UserId& actor) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      NS_TRY(Touch(connection, id));
      return connection.Do(
          "UPDATE applications SET desired = $2, restart_nonce = CASE WHEN $3 THEN"
          " ns_next_version(restart_nonce) ELSE restart_nonce END WHERE id = $1",
          Params::Of(id, desired, restart));
    });
  }

  Status SetPin(const AppId& id, const ReleaseId& release, const UserId& actor) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      NS_TRY(Touch(connection, id));
      NS_TRY(CheckPin(connection, id, release));
      return connection.Do("UPDATE applications SET pinned_release = $2 WHERE id = $1",
                           Params::Of(id, release));
    });
  }

  Status MarkDeleted(const AppId& id, const UserId& actor) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      NS_TRY(Touch(connection, id));
      NS_ASSIGN(
          const Rows rows,
          connection.Run("UPDATE applications SET deleted = true WHERE id = $1 AND desired <> $2",
                         Params::Of(id, model::DesiredState::kRunning)));
      if (rows.touched() == 0)
        return Status(Code::kPrecondition, "the application runs: stop it first");
      NS_TRY(connection.Do("UPDATE websites SET held = false WHERE application_id = $1",
                           Params::Of(id)));
      return connection.Do("UPDATE port_publications SET held = false WHERE application_id = $1",
                           Params::Of(id));
    });
  }

 private:
  // The application's row is locked, so that nobody adds another meanwhile.
  static Status CheckRoom(Connection& connection, const AppId& id, const model::EnvVar& variable) {
    if (variable.system) return {};
    NS_ASSIGN(
        const Rows full,
        connection.Run("SELECT 1 FROM environment WHERE application_id = $1 HAVING count(*) "
                       "FILTER (WHERE NOT system) >= $3 AND NOT bool_or(name = $2)",
                       Params::Of(id, variable.key, static_cast<int64_t>(model::kMostVariables))));
    return full.empty() ? Status() : model::TooManyVariables();
  }

  // False: there is no such variable.
  static Result<bool> Drop(Connection& connection, const AppId& id, const std::string& key,
                           const UserId& actor) {
    NS_ASSIGN(const Rows rows,
              connection.Run("DELETE FROM environment WHERE application_id = $1 AND name = $2",
                             Params::Of(id, key)));
    if (rows.touched() == 0) return false;
    model::Event event = AppEvent(id, actor, "app.env_deleted");
    event.message = key;
    NS_TRY(PutEvents(connection, {event}));
    return true;
  }

  Status Edit(Connection& connection, const AppId& id, const ports::EnvEdit& env,
              const UserId& actor) {
    NS_TRY(PutEnv(connection, kAppEnv, id.str(), env.set, sealing_));
    std::vector<model::Event> told;
    for (const model::EnvVar& variable : env.set) {
      told.push_back(AppEvent(id, actor, "app.env_set"));
      told.back().message = variable.key;
    }
    NS_TRY(PutEvents(connection, told));
    for (const std::string& key : env.drop) NS_TRY(Drop(connection, id, key, actor).status());
    return {};
  }

  // Whether that release may be run. The application's row is locked, so that its image is not
  // condemned meanwhile.
  static Status CheckPin(Connection& connection, const AppId& id, const ReleaseId& release) {
    if (release.empty()) return {};
    NS_ASSIGN(const Rows rows,
              connection.Run("SELECT coalesce(image_state, 0) <> 0 FROM releases AS r LEFT JOIN "
                             "builds ON builds.id = build_id WHERE r.id = $2 AND "
                             "r.application_id = $1",
                             Params::Of(id, release)));
    if (rows.empty()) return NoSuch("release", release.str());
    bool gone = false;
    Row row = rows[0];
    row >> gone;
    NS_TRY(row.status());
    return gone ? Status(Code::kPrecondition, "ImageGone", "the image of that release is gone")
                : Status();
  }

  // A person changes the application: its row is locked, and its hint is sent at the end of the
  // transaction.
  static Status Touch(Connection& connection, const AppId& id) {
    NS_ASSIGN(const Rows rows,
              connection.Run("UPDATE applications SET updated_at = greatest(now(), updated_at + "
                             "interval '1 microsecond') WHERE id = $1 AND NOT deleted",
                             Params::Of(id)));
    return rows.touched() ? Status() : NoSuch("application", id.str());
  }

  Pool& pool_;
  const Sealing& sealing_;
  BadRows& bad_;
};

}  // namespace

std::unique_ptr<ports::AppStore> NewPgApps(Pool& pool, const Sealing& sealing, BadRows& bad) {
  return std::make_unique<PgApps>(pool, sealing, bad);
}

}  // namespace ns::store
