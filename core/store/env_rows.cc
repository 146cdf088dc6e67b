#include "store/env_rows.h"

#include "base/crypto.h"
#include "model/quarantine.h"

namespace ns::store {
namespace {

std::string Place(const EnvTable& table, const std::string& owner, const std::string& key) {
  return std::string(table.name) + "/" + owner + "/" + key;
}

// An array for each column, sealed values as hex.
Params Arrays(const EnvTable& table, const std::string& owner,
              const std::vector<model::EnvVar>& variables, const Sealing& sealing) {
  std::vector<std::string> names, values;
  std::vector<int64_t> scopes;
  std::vector<bool> secrets, systems;
  const auto sealer = sealing.Current();
  for (const model::EnvVar& variable : variables) {
    names.push_back(variable.key);
    values.push_back(ToHex(sealer->Seal(variable.value, Place(table, owner, variable.key))));
    scopes.push_back(static_cast<int64_t>(variable.scope));
    secrets.push_back(variable.secret);
    systems.push_back(variable.system);
  }
  return Params::Of(owner, sealer->key_id(), names, values, scopes, secrets, systems);
}

}  // namespace

Status DoesNotOpen(const std::string& key) {
  return Status(Code::kInternal, model::kSealBroken,
                "the value of the variable " + key +
                    " opens with none of the keys: set it again, or delete it; where nothing "
                    "opens, put the key file of this database back")
      .SetFault(Fault::kOperator);
}

Result<EnvByOwner> LoadEnv(Connection& connection, const EnvTable& table,
                           const std::vector<std::string>& owners, const Sealing& sealing,
                           Opening opening) {
  const std::string owner_column = table.owner;
  NS_ASSIGN(const Rows rows,
            connection.Run("SELECT " + owner_column +
                               ", name, value_sealed, scope, secret, system FROM " + table.name +
                               " WHERE " + owner_column +
                               " = ANY($1::text[]) ORDER BY name COLLATE \"C\"",
                           Params::Of(owners)));
  EnvByOwner env;
  for (int i = 0; i < rows.size(); ++i) {
    Row row = rows[i];
    std::string owner;
    std::optional<std::string> sealed;
    model::EnvVar variable;
    row >> owner >> variable.key >> sealed >> variable.scope >> variable.secret >> variable.system;
    NS_TRY(row.status());
    Result<Secret> value = sealing.Open(sealed, Place(table, owner, variable.key));
    if (value.ok())
      variable.value = std::move(*value);
    else if (opening == Opening::kAll)
      return DoesNotOpen(variable.key);
    else
      variable.seal_broken = true;
    env[owner].push_back(std::move(variable));
  }
  return env;
}

Status PutEnv(Connection& connection, const EnvTable& table, const std::string& owner,
              const std::vector<model::EnvVar>& variables, const Sealing& sealing) {
  if (variables.empty()) return {};
  return connection.Do(
      std::string("INSERT INTO ") + table.name + " (" + table.owner +
          ", name, value_sealed, seal_key, scope, secret, system)"
          " SELECT $1, name, decode(value, 'hex'), $2, scope, secret, system"
          " FROM unnest($3::text[], $4::text[], $5::smallint[], $6::boolean[], $7::boolean[])"
          " AS given (name, value, scope, secret, system)"
          " ON CONFLICT (" +
          table.owner +
          ", name) DO UPDATE SET value_sealed = excluded.value_sealed, seal_key = "
          "excluded.seal_key,"
          " seal_version = excluded.seal_version, scope = excluded.scope, secret = "
          "excluded.secret, system = excluded.system",
      Arrays(table, owner, variables, sealing));
}

}  // namespace ns::store
