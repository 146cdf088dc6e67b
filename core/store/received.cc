#include "store/journal.h"
#include "store/sub_stores.h"

namespace ns::store {
namespace {

using ports::Received;

constexpr char kSelect[] =
    "SELECT name, repository_id, host, address, NOT EXISTS (SELECT 1 FROM repositories WHERE "
    "repositories.id = repository_id) FROM received_repositories AS r WHERE ";

void Read(Row& row, Received& out) {
  row >> out.name >> out.repository >> out.host >> out.address >> out.gone;
}

class PgReceived final : public ports::ReceivedStore {
 public:
  explicit PgReceived(Pool& pool) : pool_(pool) {}

  Status Insert(const model::Repository& repository, const Received& place,
                const UserId& actor) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      NS_TRY(connection.Do(
          "INSERT INTO received_repositories (name, repository_id, host, address) VALUES ($1, $2, "
          "$3, $4)",
          Params::Of(place.name, repository.id, place.host, place.address)));
      NS_TRY(connection.Do("INSERT INTO repositories (id, name, url) VALUES ($1, $2, $3)",
                           Params::Of(repository.id, repository.name, repository.url)));
      return connection.Do(
          "INSERT INTO repository_owners (repository_id, subject_id, ordinal) SELECT $1, owner, "
          "place FROM unnest($2::text[]) WITH ORDINALITY AS given (owner, place)",
          Params::Of(repository.id, repository.owners));
    });
  }

  Result<Received> Find(const std::string& name) override {
    NS_ASSIGN(const Rows rows, pool_.Run(std::string(kSelect) + "name = $1", Params::Of(name)));
    NS_ASSIGN(auto found, ReadAll<Received>(rows, Read));
    if (found.empty() || found.front().gone)
      return NotFound("there is no repository \"" + name + "\" that is pushed to");
    return std::move(found.front());
  }

  Result<std::vector<Received>> On(const std::string& host) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run(std::string(kSelect) + "host = $1 ORDER BY name COLLATE \"C\"",
                        Params::Of(host)));
    return ReadAll<Received>(rows, Read);
  }

  Status SetAddress(const std::string& host, const std::string& address) override {
    return pool_.Write([&](Connection& connection) {
      return connection.Do(
          "UPDATE received_repositories SET address = $2 WHERE host = $1 AND address <> $2",
          Params::Of(host, address));
    });
  }

  Status Forget(const std::string& name) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_ASSIGN(const Rows rows,
                connection.Run("DELETE FROM received_repositories WHERE name = $1 AND NOT EXISTS "
                               "(SELECT 1 FROM repositories WHERE id = repository_id)",
                               Params::Of(name)));
      if (rows.touched() > 0) return {};
      NS_ASSIGN(
          const Rows left,
          connection.Run("SELECT 1 FROM received_repositories WHERE name = $1", Params::Of(name)));
      if (left.empty()) return {};
      return Status(Code::kPrecondition, "the repository \"" + name + "\" is not gone");
    });
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<ports::ReceivedStore> NewPgReceived(Pool& pool) {
  return std::make_unique<PgReceived>(pool);
}

}  // namespace ns::store
