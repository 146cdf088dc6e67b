#include "store/holding.h"
#include "store/journal.h"
#include "store/sub_stores.h"

namespace ns::store {
namespace {

std::string PasswordPlace(const RepositoryId& id) {
  return "repositories/" + id.str() + "/password";
}
std::string KeyPlace(const RepositoryId& id) { return "repositories/" + id.str() + "/ssh_key"; }

constexpr char kColumns[] =
    "id, name, url, auth_method, username, password_sealed, ssh_key_sealed, host_keys";

// Of the row and of who follows it. A sum is enough: nothing needs an order, and no trigger of
// applications has to write to another table.
constexpr char kVersion[] =
    "(hashtextextended(repositories::text || coalesce((SELECT string_agg(applications.id || ' ' || "
    "ref || ' ' || commit_hash, ',' ORDER BY applications.id) FROM applications WHERE "
    "repository_id "
    "= repositories.id AND NOT deleted), ''), 0) | 1)";

Status ReadRepository(Row row, const Sealing& sealing, model::Repository& out) {
  model::GitCredentials& git = out.credentials;
  std::optional<std::string> password, key;
  row >> out.id >> out.name >> out.url >> git.method >> git.username >> password >> key >>
      git.host_keys;
  NS_TRY(row.status());
  const auto open = [&](const std::optional<std::string>& sealed, const std::string& place) {
    Result<Secret> opened = sealing.Open(sealed, place);
    if (opened.ok()) return std::move(*opened);
    git.seal_broken = true;
    return Secret();
  };
  git.password = open(password, PasswordPlace(out.id));
  git.ssh_private_key = open(key, KeyPlace(out.id));
  return {};
}

Result<std::vector<UserId>> OwnersOf(Connection& connection, const RepositoryId& id) {
  NS_ASSIGN(
      const Rows rows,
      connection.Run(
          "SELECT subject_id FROM repository_owners WHERE repository_id = $1 ORDER BY ordinal",
          Params::Of(id)));
  return ReadAll<UserId>(rows, [](Row& row, UserId& owner) { row >> owner; });
}

Result<model::Repository> Load(Connection& connection, const Sealing& sealing,
                               const RepositoryId& id) {
  NS_ASSIGN(const Rows rows,
            connection.Run(std::string("SELECT ") + kColumns + " FROM repositories WHERE id = $1",
                           Params::Of(id)));
  if (rows.empty()) return NoSuch("repository", id.str());
  model::Repository repository;
  NS_TRY(ReadRepository(rows[0], sealing, repository));
  NS_ASSIGN(repository.owners, OwnersOf(connection, id));
  return repository;
}

Status PutOwners(Connection& connection, const model::Repository& repository) {
  NS_TRY(connection.Do("DELETE FROM repository_owners WHERE repository_id = $1",
                       Params::Of(repository.id)));
  return connection.Do(
      "INSERT INTO repository_owners (repository_id, subject_id, ordinal)"
      " SELECT $1, owner, place FROM unnest($2::text[]) WITH ORDINALITY AS given (owner, place) ON "
      "CONFLICT DO NOTHING",
      Params::Of(repository.id, repository.owners));
}

Status Spend(Connection& connection, const KeyId& key) {
  if (key.empty()) return {};
  NS_ASSIGN(const Rows rows,
            connection.Run("DELETE FROM generated_keys WHERE id = $1 AND expires > now()",
                           Params::Of(key)));
  if (rows.touched() > 0) return {};
  return Status(Code::kPrecondition, "KeySpent", "the generated key is used already, or expired");
}

class PgRepositories final : public ports::RepositoryStore {
 public:
  PgRepositories(Pool& pool, const Sealing& sealing, BadRows& bad)
      : pool_(pool), sealing_(sealing), bad_(bad) {}

  Status Insert(const model::Repository& repository, const UserId& actor,
                const ports::RepositoryWrite& with) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      NS_TRY(Spend(connection, with.spent));
      NS_TRY(
          connection.Do("INSERT INTO repositories (id, name, url, auth_method, username, "
                        "password_sealed, ssh_key_sealed, seal_key, host_keys)"
                        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                        Values(repository)));
      return PutOwners(connection, repository);
    });
  }

  Status Update(const model::Repository& repository, const UserId& actor,
                const ports::RepositoryWrite& with) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      if (with.expected) NS_TRY(CheckExpected(connection, *with.expected));
      NS_TRY(Spend(connection, with.spent));
      Params values = Values(repository);
      values << repository.credentials.seal_broken;
      NS_ASSIGN(
          const Rows rows,
          connection.Run("UPDATE repositories SET name = $2, url = $3, auth_method = $4, username "
                         "= $5, password_sealed = CASE WHEN $10::boolean THEN password_sealed ELSE "
                         "$6 END, ssh_key_sealed = CASE WHEN $10::boolean THEN ssh_key_sealed ELSE "
                         "$7 END, seal_key = CASE WHEN $10::boolean THEN seal_key ELSE $8 END, "
                         "host_keys = $9 WHERE id = $1",
                         values));
      if (rows.touched() == 0) return NoSuch("repository", repository.id.str());
      NS_TRY(PutOwners(connection, repository));
      model::Event event = AppEvent(AppId(), actor, "repository.updated");
      event.subject = model::Subject::kRepository;
      event.subject_id = repository.id.str();
      event.message = repository.name;
      return PutEvents(connection, {event});
    });
  }

  Status Delete(const RepositoryId& id, const UserId& actor) override {
    return pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(ActAs(connection, actor));
      // The row's lock keeps new applications out: their reference to it waits.
      NS_ASSIGN(
          const Rows found,
          connection.Run("SELECT 1 FROM repositories WHERE id = $1 FOR UPDATE", Params::Of(id)));
      if (found.empty()) return NoSuch("repository", id.str());
      NS_ASSIGN(const Rows apps,
                connection.Run("SELECT 1 FROM applications WHERE repository_id = $1 LIMIT 1",
                               Params::Of(id)));
      if (!apps.empty())
        return Status(Code::kPrecondition,
                      "applications of this repository exist: delete them first");
      NS_TRY(connection.Do("DELETE FROM conditions WHERE subject = $1 AND subject_id = $2",
                           Params::Of(model::Subject::kRepository, id)));
      return connection.Do("DELETE FROM repositories WHERE id = $1", Params::Of(id));
    });
  }

  Result<model::Repository> Get(const RepositoryId& id) override {
    return pool_.Read([&](Connection& connection) { return Load(connection, sealing_, id); });
  }

  Result<std::vector<model::Repository>> List() override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT id, name, url, auth_method, array(SELECT subject_id FROM "
                        "repository_owners WHERE repository_id = id ORDER BY ordinal)"
                        " FROM repositories ORDER BY name COLLATE \"C\", id"));
    return ReadAll<model::Repository>(rows, [](Row& row, model::Repository& out) {
      std::vector<std::string> owners;
      row >> out.id >> out.name >> out.url >> out.credentials.method >> owners;
      for (std::string& owner : owners) out.owners.emplace_back(std::move(owner));
    });
  }

  Result<model::RepositorySnapshot> Snapshot(const RepositoryId& id) override {
    return LoadHeld(id, ports::kNobody);
  }

  Result<model::RepositorySnapshot> Take(const RepositoryId& id, const HostId& holder) override {
    return LoadOrTake(pool_, "repositories", "true", Params::Of(id, holder),
                      [&] { return LoadHeld(id, holder); });
  }

  Result<std::vector<model::Versioned>> Index(const HostId& holder) override {
    NS_ASSIGN(const Rows rows,
              pool_.Run("SELECT id, CASE WHEN " + HeldSql("$1") + " THEN " + kVersion +
                            " ELSE 0 END FROM repositories WHERE " + HeldSql("$1") + " OR NOT " +
                            AliveSql("holder") + " ORDER BY id",
                        Params::Of(holder)));
    return ReadAll<model::Versioned>(
        rows, [](Row& row, model::Versioned& out) { row >> out.key >> out.version; });
  }

  Status SetCommits(const RepositoryId& id, const std::vector<model::Follower>& moved,
                    const std::vector<model::Commit>& commits, const HostId& holder) override {
    return pool_.Write([&](Connection& connection) -> Status {
      if (!holder.empty())
        NS_TRY(CheckHeld(connection, "repositories", id.str(), holder, RowLock::kWrite));
      if (!commits.empty()) NS_TRY(InsertCommits(connection, commits));
      return moved.empty() ? Status() : MoveFollowers(connection, moved);
    });
  }

  Status PinHostKeys(const RepositoryId& id, const std::string& url,
                     const std::vector<std::string>& keys, const HostId& holder) override {
    return pool_.Write([&](Connection& connection) -> Status {
      if (!holder.empty())
        NS_TRY(CheckHeld(connection, "repositories", id.str(), holder, RowLock::kWrite));
      NS_ASSIGN(const Rows rows,
                connection.Run("UPDATE repositories SET host_keys = $3 WHERE id = $1 AND url = $2 "
                               "AND host_keys = '{}'",
                               Params::Of(id, url, keys)));
      return rows.touched() > 0 ? Status()
                                : Stale("the repository has other host keys or URL meanwhile");
    });
  }

  Result<std::vector<model::Commit>> Commits(const std::vector<std::string>& hashes) override {
    NS_ASSIGN(
        const Rows rows,
        pool_.Run(
            "SELECT hash, author, authored_at, message FROM commits WHERE hash = ANY($1::text[])",
            Params::Of(hashes)));
    return ReadRows<model::Commit>(
        rows, &bad_, "commit",
        [](Row& row, model::Commit& out) {
          row >> out.hash >> out.author >> out.date >> out.message;
        },
        [](const model::Commit& commit) { return commit.hash; });
  }

 private:
  // Its row is locked from here on.
  Status CheckExpected(Connection& connection, const model::Repository& expected) const {
    NS_TRY(connection.Do("SELECT 1 FROM repositories WHERE id = $1 FOR NO KEY UPDATE",
                         Params::Of(expected.id)));
    NS_ASSIGN(const model::Repository stored, Load(connection, sealing_, expected.id));
    return stored == expected ? Status()
                              : Stale("the repository was changed by somebody else meanwhile");
  }

  Result<model::RepositorySnapshot> LoadHeld(const RepositoryId& id, const HostId& holder) {
    return pool_.Read([&](Connection& connection) -> Result<model::RepositorySnapshot> {
      NS_TRY(CheckHeld(connection, "repositories", id.str(), holder, RowLock::kNone));
      model::RepositorySnapshot snapshot;
      NS_ASSIGN(snapshot.repository, Load(connection, sealing_, id));
      NS_ASSIGN(const Rows rows,
                connection.Run("SELECT id, ref, commit_hash FROM applications WHERE repository_id "
                               "= $1 AND NOT deleted ORDER BY id",
                               Params::Of(id)));
      NS_ASSIGN(snapshot.followers,
                ReadAll<model::Follower>(rows, [](Row& row, model::Follower& out) {
                  row >> out.app >> out.ref >> out.commit;
                }));
      NS_ASSIGN(const Rows now, connection.Run(std::string("SELECT now(), ") + kVersion +
                                                   " FROM repositories WHERE id = $1",
                                               Params::Of(id)));
      Row row = now[0];
      row >> snapshot.now >> snapshot.version;
      NS_TRY(row.status());
      return snapshot;
    });
  }

  Params Values(const model::Repository& repository) const {
    const model::GitCredentials& git = repository.credentials;
    const auto sealer = sealing_.Current();
    return Params::Of(repository.id, repository.name, repository.url, git.method, git.username,
                      SealNonEmpty(*sealer, git.password, PasswordPlace(repository.id)),
                      SealNonEmpty(*sealer, git.ssh_private_key, KeyPlace(repository.id)),
                      sealer->key_id(), git.host_keys);
  }

  static Status InsertCommits(Connection& connection, const std::vector<model::Commit>& commits) {
    std::vector<std::string> hashes, authors, messages;
    std::vector<Time> dates;
    for (const model::Commit& commit : commits) {
      hashes.push_back(commit.hash);
      authors.push_back(commit.author);
      dates.push_back(commit.date);
      messages.push_back(commit.message);
    }
    return connection.Do(
        "INSERT INTO commits (hash, author, authored_at, message)"
        " SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) AS given "
        "(hash, a, d, m) ORDER BY hash"
        " ON CONFLICT (hash) DO NOTHING",
        Params::Of(hashes, authors, dates, messages));
  }

  // Only where the application still follows that ref.
  static Status MoveFollowers(Connection& connection, const std::vector<model::Follower>& moved) {
    std::vector<std::string> apps, refs, commits;
    for (const model::Follower& follower : moved) {
      apps.push_back(follower.app.str());
      refs.push_back(follower.ref);
      commits.push_back(follower.commit);
    }
    return connection.Do(
        "UPDATE applications SET commit_hash = given.hash"
        " FROM unnest($1::text[], $2::text[], $3::text[]) AS given (id, ref, hash)"
        " WHERE applications.id = given.id AND applications.ref = given.ref AND NOT deleted AND "
        "commit_hash <> given.hash",
        Params::Of(apps, refs, commits));
  }

  Pool& pool_;
  const Sealing& sealing_;
  BadRows& bad_;
};

}  // namespace

std::unique_ptr<ports::RepositoryStore> NewPgRepositories(Pool& pool, const Sealing& sealing,
                                                          BadRows& bad) {
  return std::make_unique<PgRepositories>(pool, sealing, bad);
}

}  // namespace ns::store
