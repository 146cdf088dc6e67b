#include <cctype>

#include "store/sub_stores.h"

namespace ns::store {
namespace {

std::string Folded(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

constexpr char kUserColumns[] =
    "id, name, admin, EXISTS (SELECT 1 FROM admin_grants WHERE admin_grants.user_id = stored.id)";

void ReadUser(Row& row, model::User& out) { row >> out.id >> out.name >> out.admin >> out.granted; }

class PgUsers final : public ports::UserStore {
 public:
  PgUsers(Pool& pool, const Sealing& sealing, Random& random)
      : pool_(pool), sealing_(sealing), random_(random) {}

  Result<model::User> Ensure(const std::string& name, bool admin) override {
    const std::string folded = Folded(name);
    NS_ASSIGN(auto known, Users("WHERE name_key = $1", Params::Of(folded)));
    if (!known.empty() && (known.front().admin || !admin)) return std::move(known.front());
    NS_ASSIGN(
        const Rows rows,
        pool_.Run(
            "INSERT INTO subjects AS stored (id, name, name_key, admin) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (name_key) DO UPDATE SET admin = stored.admin OR excluded.admin "
            "RETURNING " +
                std::string(kUserColumns),
            Params::Of(NewIdText(random_), name, folded, admin)));
    NS_ASSIGN(auto made, ReadAll<model::User>(rows, ReadUser));
    return std::move(made.front());
  }

  Result<model::User> Get(const UserId& id) override {
    NS_ASSIGN(auto found, Users("WHERE id = $1 AND kind = 0", Params::Of(id)));
    if (found.empty()) return NoSuch("user", id.str());
    return std::move(found.front());
  }

  Result<std::vector<model::User>> List() override {
    return Users("WHERE kind = 0 ORDER BY name_key COLLATE \"C\"", {});
  }

  Status SaveKey(const model::SshKey& key) override {
    const auto sealer = sealing_.Current();
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(connection.Do(
          "DELETE FROM generated_keys WHERE id <> $1 AND (expires <= now() OR (user_id = $2 AND id "
          "NOT IN (SELECT id FROM generated_keys WHERE user_id = $2 AND id <> $1 ORDER BY expires "
          "DESC, id LIMIT $3)))",
          Params::Of(key.id, key.user, ports::kGeneratedKeysKept - 1)));
      return connection.Do(
          "INSERT INTO generated_keys (id, user_id, public_line, private_sealed, seal_key, "
          "expires) VALUES ($1, $2, $3, $4, $5, $6)"
          " ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, public_line = "
          "excluded.public_line,"
          " private_sealed = excluded.private_sealed, seal_key = excluded.seal_key, expires = "
          "excluded.expires",
          Params::Of(key.id, key.user, key.public_line,
                     BytesIn{sealer->Seal(key.private_pem, Place(key.id))}, sealer->key_id(),
                     key.expires));
    });
  }

  Result<model::SshKey> Key(const KeyId& id, const UserId& user) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT public_line, private_sealed, expires FROM generated_keys WHERE id "
                        "= $1 AND user_id = $2 AND expires > now()",
                        Params::Of(id, user)));
    if (rows.empty()) return NotFound("there is no such key, or it has expired: generate another");
    model::SshKey key{id, user, "", Secret(), kNever};
    std::optional<std::string> sealed;
    Row row = rows[0];
    row >> key.public_line >> sealed >> key.expires;
    NS_TRY(row.status());
    NS_ASSIGN(key.private_pem, sealing_.Open(sealed, Place(id)));
    return key;
  }

 private:
  static std::string Place(const KeyId& id) { return "generated_keys/" + id.str(); }

  Result<std::vector<model::User>> Users(const std::string& rest, const Params& params) {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT " + std::string(kUserColumns) + " FROM subjects AS stored " + rest,
                        params));
    return ReadAll<model::User>(rows, ReadUser);
  }

  Pool& pool_;
  const Sealing& sealing_;
  Random& random_;
};

}  // namespace

std::unique_ptr<ports::UserStore> NewPgUsers(Pool& pool, const Sealing& sealing, Random& random) {
  return std::make_unique<PgUsers>(pool, sealing, random);
}

}  // namespace ns::store
