// The Store port on PostgreSQL.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/random.h"
#include "base/status.h"
#include "ports/store.h"
#include "store/key_checks.h"
#include "store/keyring.h"
#include "store/resealed.h"

namespace ns::store {

struct PgOptions {
  std::string connection;  // libpq connection string or URI
  int connections = 8;     // of the pool, at most; one more listens. Opened when needed
  Duration connect_limit = std::chrono::seconds(5);
  Duration wait_limit = std::chrono::seconds(5);        // for a free connection
  Duration statement_limit = std::chrono::seconds(15);  // each
  Duration outcome_limit =
      std::chrono::seconds(5);  // to find out what became of a COMMIT without an answer
  Duration idle_limit =
      std::chrono::minutes(1);  // a session unused for so long is closed, but for the last one
};

// Of the sessions with the database.
struct PoolFigures {
  int most = 0, open = 0, in_use = 0;
  int64_t waits = 0, given_up = 0;  // for a session, since the start; of these, in vain
  Duration waited{};                // of all together
};

// Every method is one transaction, which is tried again by itself where PostgreSQL says that it
// lost to another, or when the session ended before anything was kept. kUnavailable has a reason of
// docs/conditions.md, what to do, and the database's words; with "OutcomeUnknown" nothing is known
// about a write.
// Secrets are sealed before they leave the process. [any-thread]
class PgStore {
 public:
  // Does not connect; the first call does. `random` is called from any thread.
  PgStore(PgOptions options, Keyring keys, Random& random);
  // With one key for good.
  PgStore(PgOptions options, Sealer sealer, Random& random);
  ~PgStore();
  PgStore(const PgStore&) = delete;
  PgStore& operator=(const PgStore&) = delete;

  // References to this store's parts.
  ports::Store store();
  PoolFigures figures();

  // Whether the database answers and has the schema that this program needs. kUnavailable: out of
  // reach, or it takes no writes; kPrecondition with the reason "SchemaOld": names the command that
  // brings it up to date. A newer schema is fine.
  Status Check();

  // Ids of the keys that sealed anything in the database.
  Result<std::vector<std::string>> KeysInUse();
  // Whether any key file was used with this database: it keeps check values, or sealed secrets.
  Result<bool> HasKeys();
  // `own`: of the key file's keys. kPrecondition with the reason "KeyFileWrong" when a key that
  // sealed something is not here, or one of `own` is not the key that it was. Writes nothing.
  Status CheckKeys(const KeyChecks& own);
  // The same, and from now on those of `own` that are new are compared too.
  Status KeepKeys(const KeyChecks& own);
  // Seals everything under the newest key that is not yet, but for what no key opens. An
  // interrupted run is taken up by the next; running processes read and write meanwhile, those too
  // that know the old keys alone.
  Result<Resealed> Reseal();

  // Receives hints until a stop is requested, and calls the subscribers on this thread. After each
  // reconnect every repository, every application and the queue are hinted once, since anything may
  // have changed meanwhile. Blocks; one thread of the host runs it.
  void Listen(const std::stop_token& stop);

 private:
  // KeyFileWrong where one of those that sealed something is not here.
  Status KnowsKeysInUse();

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ns::store
