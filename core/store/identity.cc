#include "store/sub_stores.h"

namespace ns::store {
namespace {

constexpr char kTokenColumns[] =
    "id, user_id, coalesce(parent_id, ''), name, scope, limited, application_ids, created_at, "
    "expires, last_used_at";

void ReadToken(Row& row, model::Token& out) {
  std::vector<std::string> apps;
  row >> out.id >> out.user >> out.parent >> out.name >> out.scope >> out.limited >> apps >>
      out.created >> out.expires >> out.last_used;
  out.apps.clear();
  for (std::string& app : apps) out.apps.emplace_back(std::move(app));
}

void ReadKey(Row& row, model::UserKey& out) {
  row >> out.id >> out.user >> out.name >> out.public_line >> out.created;
}

// TooMany where `counting` gives a row. The user's row is locked before, so that nobody adds
// another of theirs until the transaction ends.
Status CheckRoom(Connection& connection, const UserId& user, const std::string& counting,
                 int64_t most, const Status& too_many) {
  NS_ASSIGN(
      const Rows found,
      connection.Run("SELECT 1 FROM subjects WHERE id = $1 FOR NO KEY UPDATE", Params::Of(user)));
  if (found.empty()) return NoSuch("user", user.str());
  NS_ASSIGN(const Rows full, connection.Run(counting, Params::Of(user, most)));
  return full.empty() ? Status() : too_many;
}

class PgUserKeys final : public ports::UserKeyStore {
 public:
  explicit PgUserKeys(Pool& pool) : pool_(pool) {}

  Result<model::UserKey> Add(const model::UserKey& key) override {
    return pool_.Write([&](Connection& connection) -> Result<model::UserKey> {
      NS_TRY(CheckRoom(connection, key.user,
                       "SELECT 1 FROM user_keys WHERE user_id = $1 HAVING count(*) >= $2",
                       ports::kMostUserKeys, ports::TooManyKeys()));
      NS_ASSIGN(const Rows rows,
                connection.Run("INSERT INTO user_keys (id, user_id, name, public_key) VALUES ($1, "
                               "$2, $3, $4) ON CONFLICT (public_key) DO NOTHING RETURNING id, "
                               "user_id, name, public_key, created_at",
                               Params::Of(key.id, key.user, key.name, key.public_line)));
      NS_ASSIGN(auto made, ReadAll<model::UserKey>(rows, ReadKey));
      if (made.empty()) return Status(Code::kExists, "somebody has this key already");
      return std::move(made.front());
    });
  }

  Result<std::vector<model::UserKey>> List(const UserId& user) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT id, user_id, name, public_key, created_at FROM user_keys WHERE "
                        "user_id = $1 ORDER BY created_at, id",
                        Params::Of(user)));
    return ReadAll<model::UserKey>(rows, ReadKey);
  }

  Status Remove(const KeyId& id, const UserId& user) override {
    NS_ASSIGN(const Rows rows, pool_.Run("DELETE FROM user_keys WHERE id = $1 AND user_id = $2",
                                         Params::Of(id, user)));
    return rows.touched() > 0 ? Status() : NoSuch("key", id.str());
  }

 private:
  Pool& pool_;
};

class PgTokens final : public ports::TokenStore {
 public:
  explicit PgTokens(Pool& pool) : pool_(pool) {}

  Result<model::Token> Insert(const model::Token& token, const std::string& hash) override {
    return pool_.Write([&](Connection& connection) -> Result<model::Token> {
      NS_TRY(CheckRoom(connection, token.user,
                       "SELECT 1 FROM api_tokens WHERE user_id = $1 AND (expires IS NULL OR "
                       "expires > now()) HAVING count(*) >= $2",
                       ports::kMostTokens, ports::TooManyTokens()));
      NS_TRY(connection.Do(
          "DELETE FROM api_tokens WHERE user_id = $1 AND expires < now() - $2::interval",
          Params::Of(token.user, ports::kExpiredTokenKept)));
      NS_ASSIGN(
          const Rows rows,
          connection.Run("INSERT INTO api_tokens (id, user_id, parent_id, name, hash, scope, "
                         "limited, application_ids, expires) VALUES ($1, $2, nullif($3, ''), $4, "
                         "$5, $6, $7, $8, $9) RETURNING " +
                             std::string(kTokenColumns),
                         Params::Of(token.id, token.user, token.parent, token.name, hash,
                                    token.scope, token.limited, token.apps, token.expires)));
      NS_ASSIGN(auto made, ReadAll<model::Token>(rows, ReadToken));
      return std::move(made.front());
    });
  }

  Result<ports::ShownToken> Find(const std::string& hash) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT " + std::string(kTokenColumns) +
                            ", coalesce(expires <= now(), false), coalesce(last_used_at < now() - "
                            "$2::interval, true) FROM api_tokens WHERE hash = $1",
                        Params::Of(hash, ports::kTokenUseNoted)));
    if (rows.empty()) return NotFound("there is no such token");
    ports::ShownToken shown;
    Row row = rows[0];
    ReadToken(row, shown.token);
    row >> shown.expired >> shown.note_use;
    NS_TRY(row.status());
    return shown;
  }

  Status NoteUse(const TokenId& id) override {
    return pool_
        .Run(
            "UPDATE api_tokens SET last_used_at = now() WHERE id = $1 AND (last_used_at IS NULL OR "
            "last_used_at < now() - $2::interval)",
            Params::Of(id, ports::kTokenUseNoted))
        .status();
  }

  Result<std::vector<model::Token>> List(const UserId& user) override {
    NS_ASSIGN(const Rows rows, pool_.Run("SELECT " + std::string(kTokenColumns) +
                                             " FROM api_tokens WHERE user_id = $1 ORDER BY "
                                             "created_at DESC, id DESC",
                                         Params::Of(user)));
    return ReadAll<model::Token>(rows, ReadToken);
  }

  Status Revoke(const TokenId& id, const UserId& user) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("DELETE FROM api_tokens WHERE id = $1 AND $2 IN ('', user_id)",
                        Params::Of(id, user)));
    return rows.touched() > 0 ? Status() : NoSuch("token", id.str());
  }

 private:
  Pool& pool_;
};

class PgAdmins final : public ports::AdminStore {
 public:
  explicit PgAdmins(Pool& pool) : pool_(pool) {}

  Result<bool> Grant(const UserId& user, const std::string& granted_by) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("INSERT INTO admin_grants (user_id, granted_by) VALUES ($1, $2) ON "
                        "CONFLICT (user_id) DO NOTHING",
                        Params::Of(user, granted_by)));
    return rows.touched() > 0;
  }

  Result<bool> Withdraw(const UserId& user) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("DELETE FROM admin_grants WHERE user_id = $1", Params::Of(user)));
    return rows.touched() > 0;
  }

  Result<std::vector<model::AdminGrant>> List() override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT user_id, subjects.name, granted_by, granted_at FROM admin_grants "
                        "JOIN subjects ON subjects.id = user_id ORDER BY subjects.name_key COLLATE "
                        "\"C\""));
    return ReadAll<model::AdminGrant>(rows, [](Row& row, model::AdminGrant& out) {
      row >> out.user >> out.user_name >> out.granted_by >> out.granted_at;
    });
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<ports::UserKeyStore> NewPgUserKeys(Pool& pool) {
  return std::make_unique<PgUserKeys>(pool);
}
std::unique_ptr<ports::TokenStore> NewPgTokens(Pool& pool) {
  return std::make_unique<PgTokens>(pool);
}
std::unique_ptr<ports::AdminStore> NewPgAdmins(Pool& pool) {
  return std::make_unique<PgAdmins>(pool);
}

}  // namespace ns::store
