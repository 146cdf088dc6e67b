#include <map>

#include "store/sub_stores.h"

namespace ns::store {
namespace {

Status PutPlugins(Connection& connection, const model::Host& host) {
  NS_TRY(connection.Do("DELETE FROM host_plugins WHERE host_id = $1 AND ordinal > $2",
                       Params::Of(host.id, host.plugins.size())));
  if (host.plugins.empty()) return {};
  std::vector<std::string> instances, plugins, kinds, versions, reasons, messages, schemas,
      app_schemas;
  std::vector<bool> required, healthy;
  for (const model::PluginState& state : host.plugins) {
    instances.push_back(state.instance);
    plugins.push_back(state.plugin);
    kinds.push_back(state.kind);
    versions.push_back(state.version);
    required.push_back(state.required);
    healthy.push_back(state.healthy);
    reasons.push_back(state.reason);
    messages.push_back(state.message);
    schemas.push_back(state.config_schema);
    app_schemas.push_back(state.app_schema);
  }
  // Most beats change nothing: then nothing is written.
  return connection.Do(
      "INSERT INTO host_plugins AS stored (host_id, instance, plugin, kind, version, required, "
      "healthy, reason, message, config_schema, app_schema, ordinal)"
      " SELECT $1, given.* FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], "
      "$6::boolean[], $7::boolean[], $8::text[], $9::text[], $10::text[], $11::text[]) WITH "
      "ORDINALITY AS given"
      " ON CONFLICT (host_id, ordinal) DO UPDATE SET instance = excluded.instance,"
      " plugin = excluded.plugin, kind = excluded.kind, version = excluded.version, required = "
      "excluded.required, healthy = excluded.healthy, reason = excluded.reason, message = "
      "excluded.message, config_schema = excluded.config_schema, app_schema = excluded.app_schema"
      " WHERE stored IS DISTINCT FROM excluded",
      Params::Of(host.id, instances, plugins, kinds, versions, required, healthy, reasons, messages,
                 schemas, app_schemas));
}

class PgHosts final : public ports::HostStore {
 public:
  explicit PgHosts(Pool& pool) : pool_(pool) {}

  Result<std::vector<HostId>> Beat(const model::Host& host, Duration lease) override {
    return pool_.Write([&](Connection& connection) -> Result<std::vector<HostId>> {
      NS_TRY(connection.Do(
          "INSERT INTO hosts (id, name, roles, link_address, build_slots, build_methods, "
          "figures, last_seen, lease_expires) VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now() + "
          "$8::interval)"
          " ON CONFLICT (id) DO UPDATE SET name = excluded.name, roles = excluded.roles, "
          "link_address = excluded.link_address,"
          " build_slots = excluded.build_slots, build_methods = excluded.build_methods,"
          " figures = excluded.figures, last_seen = excluded.last_seen, lease_expires = "
          "excluded.lease_expires",
          Params::Of(host.id, host.name, host.roles, host.link_address, host.build_slots,
                     host.build_methods, host.figures, lease)));
      NS_TRY(PutPlugins(connection, host));
      NS_ASSIGN(const Rows rows, connection.Run("SELECT id FROM hosts WHERE lease_expires > now() "
                                                "ORDER BY id"));
      return ReadAll<HostId>(rows, [](Row& row, HostId& id) { row >> id; });
    });
  }

  Result<std::vector<model::Host>> List(Duration within) override {
    return pool_.Read([&](Connection& connection) -> Result<std::vector<model::Host>> {
      NS_ASSIGN(const Rows rows,
                connection.Run("SELECT id, name, roles, link_address, build_slots, build_methods, "
                               "figures, last_seen "
                               "FROM hosts WHERE last_seen >= now() - $1::interval ORDER BY id",
                               Params::Of(within)));
      NS_ASSIGN(auto hosts, ReadAll<model::Host>(rows, [](Row& row, model::Host& out) {
                  row >> out.id >> out.name >> out.roles >> out.link_address >> out.build_slots >>
                      out.build_methods >> out.figures >> out.last_seen;
                }));
      NS_TRY(AddPlugins(connection, hosts));
      return hosts;
    });
  }

  // Takes along hosts that have been silent for a day: each start of a process is a host of its
  // own.
  Status Leave(const HostId& id) override {
    return pool_
        .Run("DELETE FROM hosts WHERE id = $1 OR last_seen < now() - interval '1 day'",
             Params::Of(id))
        .status();
  }

 private:
  static Status AddPlugins(Connection& connection, std::vector<model::Host>& hosts) {
    std::map<std::string, model::Host*> by_id;
    for (model::Host& host : hosts) by_id[host.id.str()] = &host;
    NS_ASSIGN(const Rows rows,
              connection.Run("SELECT host_id, instance, plugin, kind, version, required, healthy, "
                             "reason, message, config_schema, app_schema FROM host_plugins"
                             " ORDER BY host_id, ordinal"));
    for (int i = 0; i < rows.size(); ++i) {
      std::string id;
      model::PluginState state;
      Row row = rows[i];
      row >> id >> state.instance >> state.plugin >> state.kind >> state.version >>
          state.required >> state.healthy >> state.reason >> state.message >> state.config_schema >>
          state.app_schema;
      NS_TRY(row.status());
      if (const auto host = by_id.find(id); host != by_id.end())
        host->second->plugins.push_back(std::move(state));
    }
    return {};
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<ports::HostStore> NewPgHosts(Pool& pool) { return std::make_unique<PgHosts>(pool); }

}  // namespace ns::store
