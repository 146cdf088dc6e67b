#include "store/app_rows.h"

#include <functional>
#include <map>

#include "store/env_rows.h"
#include "store/sub_stores.h"

namespace ns::store {
namespace {

using Apps = std::vector<model::Application>;

constexpr char kColumns[] =
    "id, name, repository_id, ref, commit_hash, deploy_type, build_method, build_settings, "
    "entrypoint, command, use_mariadb, use_mongodb,"
    " auto_shutdown, startup_behavior, artifact_path, spa, backend, strategy, desired, "
    "restart_nonce, "
    "pinned_release, deleted, target_generation, target_state,"
    " target_release, target_run_key, target_route_key, created_at, updated_at";

void ReadApp(Row& row, model::Application& out) {
  row >> out.id >> out.name >> out.repository >> out.ref >> out.commit >> out.deploy_type >>
      out.build.method >> out.build.settings >> out.run.entrypoint >> out.run.command >>
      out.run.use_mariadb >> out.run.use_mongodb >> out.run.auto_shutdown >>
      out.run.startup_behavior >> out.artifact_path >> out.spa >> out.backend >> out.strategy >>
      out.desired >> out.restart_nonce >> out.pinned >> out.deleted >> out.target.generation >>
      out.target.state >> out.target.release >> out.target.run_key >> out.target.route_key >>
      out.created_at >> out.updated_at;
}

// The applications of a read by id, to hang list rows on.
class Index {
 public:
  explicit Index(Apps& apps) {
    for (model::Application& app : apps) by_id_[app.id.str()] = &app;
  }
  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const auto& [id, app] : by_id_) ids.push_back(id);
    return ids;
  }
  model::Application& At(const std::string& id) const { return *by_id_.at(id); }
  // Runs `sql` with the ids as $1; the first column of each row is the application's id.
  Status Each(Connection& connection, const std::string& sql,
              const std::function<Status(Row&, model::Application&)>& read) const {
    NS_ASSIGN(const Rows rows, connection.Run(sql, Params::Of(Ids())));
    for (int i = 0; i < rows.size(); ++i) {
      Row row = rows[i];
      std::string id;
      row >> id;
      NS_TRY(read(row, At(id)));
      NS_TRY(row.status());
    }
    return {};
  }

 private:
  std::map<std::string, model::Application*> by_id_;
};

Status LoadLists(Connection& connection, const Index& index) {
  NS_TRY(index.Each(connection,
                    "SELECT application_id, subject_id FROM application_owners WHERE "
                    "application_id = ANY($1::text[]) ORDER BY ordinal",
                    [](Row& row, model::Application& app) -> Status {
                      row >> app.owners.emplace_back();
                      return {};
                    }));
  NS_TRY(index.Each(connection,
                    "SELECT application_id, id, fqdn, path_prefix, strip_prefix, https, h2c, port, "
                    "auth FROM websites"
                    " WHERE application_id = ANY($1::text[]) ORDER BY ordinal",
                    [](Row& row, model::Application& app) -> Status {
                      model::Website& site = app.websites.emplace_back();
                      row >> site.id >> site.fqdn >> site.path_prefix >> site.strip_prefix >>
                          site.https >> site.h2c >> site.port >> site.auth;
                      return {};
                    }));
  return index.Each(
      connection,
      "SELECT application_id, internet_port, application_port, protocol FROM port_publications"
      " WHERE application_id = ANY($1::text[]) ORDER BY ordinal",
      [](Row& row, model::Application& app) -> Status {
        model::PortPublication& port = app.ports.emplace_back();
        row >> port.internet_port >> port.application_port >> port.protocol;
        return {};
      });
}

Status AddEnv(Connection& connection, const Index& index, const Sealing& sealing) {
  NS_ASSIGN(auto env, LoadEnv(connection, kAppEnv, index.Ids(), sealing, Opening::kWhatOpens));
  for (auto& [id, variables] : env) index.At(id).env = std::move(variables);
  return {};
}

Status PutOwners(Connection& connection, const model::Application& app) {
  NS_TRY(connection.Do("DELETE FROM application_owners WHERE application_id = $1",
                       Params::Of(app.id)));
  if (app.owners.empty()) return {};
  return connection.Do(
      "INSERT INTO application_owners (application_id, subject_id, ordinal)"
      " SELECT $1, owner, place FROM unnest($2::text[]) WITH ORDINALITY AS given (owner, place) ON "
      "CONFLICT DO NOTHING",
      Params::Of(app.id, app.owners));
}

Status PutWebsites(Connection& connection, const model::Application& app) {
  NS_TRY(connection.Do("DELETE FROM websites WHERE application_id = $1", Params::Of(app.id)));
  std::vector<std::string> ids, fqdns, paths;
  std::vector<bool> strips, https, h2c;
  std::vector<int64_t> ports, auths;
  for (const model::Website& site : app.websites) {
    ids.push_back(site.id.str());
    fqdns.push_back(site.fqdn);
    paths.push_back(site.path_prefix);
    strips.push_back(site.strip_prefix);
    https.push_back(site.https);
    h2c.push_back(site.h2c);
    ports.push_back(site.port);
    auths.push_back(static_cast<int64_t>(site.auth));
  }
  if (ids.empty()) return {};
  return connection.Do(
      "INSERT INTO websites (application_id, id, fqdn, path_prefix, strip_prefix, https, h2c, "
      "port, auth, ordinal)"
      " SELECT $1, given.* FROM unnest($2::text[], $3::text[], $4::text[], $5::boolean[], "
      "$6::boolean[], $7::boolean[], $8::integer[],"
      " $9::smallint[]) WITH ORDINALITY AS given",
      Params::Of(app.id, ids, fqdns, paths, strips, https, h2c, ports, auths));
}

Status PutPorts(Connection& connection, const model::Application& app) {
  NS_TRY(
      connection.Do("DELETE FROM port_publications WHERE application_id = $1", Params::Of(app.id)));
  std::vector<int64_t> outside, inside, protocols;
  for (const model::PortPublication& port : app.ports) {
    outside.push_back(port.internet_port);
    inside.push_back(port.application_port);
    protocols.push_back(static_cast<int64_t>(port.protocol));
  }
  if (outside.empty()) return {};
  return connection.Do(
      "INSERT INTO port_publications (application_id, internet_port, application_port, protocol, "
      "ordinal)"
      " SELECT $1, given.* FROM unnest($2::integer[], $3::integer[], $4::smallint[]) WITH "
      "ORDINALITY AS given",
      Params::Of(app.id, outside, inside, protocols));
}

}  // namespace

Result<Apps> LoadApps(Connection& connection, const std::string& where, const Params& params,
                      WithEnv env, const Sealing& sealing, BadRows* left_out) {
  NS_ASSIGN(const Rows rows,
            connection.Run(std::string("SELECT ") + kColumns + " FROM applications WHERE " + where +
                               " ORDER BY number",
                           params));
  NS_ASSIGN(Apps apps, ReadRows<model::Application>(
                           rows, left_out, "application", ReadApp,
                           [](const model::Application& app) { return app.id.str(); }));
  if (apps.empty()) return apps;
  const Index index(apps);
  NS_TRY(LoadLists(connection, index));
  if (env == WithEnv::kWhatOpens) NS_TRY(AddEnv(connection, index, sealing));
  return apps;
}

Result<Apps> LoadHoldings(Connection& connection, const std::string& where, const Params& params) {
  NS_ASSIGN(
      const Rows rows,
      connection.Run("SELECT id FROM applications WHERE " + where + " ORDER BY number", params));
  NS_ASSIGN(Apps apps, ReadAll<model::Application>(
                           rows, [](Row& row, model::Application& out) { row >> out.id; }));
  if (!apps.empty()) NS_TRY(LoadLists(connection, Index(apps)));
  return apps;
}

Result<model::Application> LoadApp(Connection& connection, const AppId& id, WithEnv env,
                                   const Sealing& sealing) {
  NS_ASSIGN(Apps apps, LoadApps(connection, "id = $1", Params::Of(id), env, sealing));
  if (apps.empty()) return NoSuch("application", id.str());
  return std::move(apps.front());
}

Status PutLists(Connection& connection, const model::Application& app) {
  NS_TRY(PutOwners(connection, app));
  NS_TRY(PutWebsites(connection, app));
  return PutPorts(connection, app);
}

}  // namespace ns::store
