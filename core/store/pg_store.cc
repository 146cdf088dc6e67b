#include "store/pg_store.h"

#include "store/hint_channel.h"
#include "store/pg_error.h"
#include "store/reseal.h"
#include "store/schema.h"
#include "store/sub_stores.h"

namespace ns::store {

struct PgStore::Parts {
  Parts(const PgOptions& options, Keyring keys, Random& random)
      : pool(options),
        sealing(std::move(keys)),
        hints(pool, options),
        repositories(NewPgRepositories(pool, sealing, bad)),
        apps(NewPgApps(pool, sealing, bad)),
        deploys(NewPgDeploys(pool, sealing, bad)),
        retention(NewPgRetention(pool, sealing)),
        builds(NewPgBuilds(pool, random, bad)),
        logs(NewPgBuildLogs(pool)),
        events(NewPgEvents(pool)),
        users(NewPgUsers(pool, sealing, random)),
        user_keys(NewPgUserKeys(pool)),
        tokens(NewPgTokens(pool)),
        admins(NewPgAdmins(pool)),
        hosts(NewPgHosts(pool)),
        sites(NewPgSites(pool)),
        detections(NewPgDetections(pool, random)),
        audit(NewPgAudit(pool)),
        repeats(NewPgRepeats(pool, sealing)),
        usage(NewPgUsage(pool)),
        totals(NewPgTotals(pool)),
        listings(NewPgListings(pool, sealing, bad)),
        received(NewPgReceived(pool)) {}

  Pool pool;
  Sealing sealing;
  BadRows bad;
  HintChannel hints;
  std::unique_ptr<ports::RepositoryStore> repositories;
  std::unique_ptr<ports::AppStore> apps;
  std::unique_ptr<ports::DeployStore> deploys;
  std::unique_ptr<ports::RetentionStore> retention;
  std::unique_ptr<ports::BuildStore> builds;
  std::unique_ptr<ports::BuildLogStore> logs;
  std::unique_ptr<ports::EventStore> events;
  std::unique_ptr<ports::UserStore> users;
  std::unique_ptr<ports::UserKeyStore> user_keys;
  std::unique_ptr<ports::TokenStore> tokens;
  std::unique_ptr<ports::AdminStore> admins;
  std::unique_ptr<ports::HostStore> hosts;
  std::unique_ptr<ports::SiteStore> sites;
  std::unique_ptr<ports::DetectionStore> detections;
  std::unique_ptr<ports::AuditStore> audit;
  std::unique_ptr<ports::RepeatStore> repeats;
  std::unique_ptr<ports::UsageStore> usage;
  std::unique_ptr<ports::TotalsStore> totals;
  std::unique_ptr<ports::ListingStore> listings;
  std::unique_ptr<ports::ReceivedStore> received;
};

namespace {

Status OldSchema(const std::string& what) {
  return Status(Code::kPrecondition, "SchemaOld",
                what + ", and this program needs schema " + std::to_string(kSchemaNumber) +
                    ": run `nsd migrate`")
      .SetFault(Fault::kOperator);
}

}  // namespace

PgStore::PgStore(PgOptions options, Keyring keys, Random& random)
    : parts_(std::make_unique<Parts>(options, std::move(keys), random)) {}

PgStore::PgStore(PgOptions options, Sealer sealer, Random& random)
    : PgStore(std::move(options), Keyring{{std::move(sealer)}, nullptr}, random) {}

PgStore::~PgStore() = default;

ports::Store PgStore::store() {
  return {
      .repositories = *parts_->repositories,
      .apps = *parts_->apps,
      .deploys = *parts_->deploys,
      .retention = *parts_->retention,
      .builds = *parts_->builds,
      .logs = *parts_->logs,
      .events = *parts_->events,
      .users = *parts_->users,
      .user_keys = *parts_->user_keys,
      .tokens = *parts_->tokens,
      .admins = *parts_->admins,
      .hosts = *parts_->hosts,
      .sites = *parts_->sites,
      .detections = *parts_->detections,
      .usage = *parts_->usage,
      .totals = *parts_->totals,
      .listings = *parts_->listings,
      .audit = *parts_->audit,
      .repeats = *parts_->repeats,
      .received = *parts_->received,
      .hints = parts_->hints,
  };
}

PoolFigures PgStore::figures() { return parts_->pool.figures(); }

Status PgStore::Check() {
  NS_ASSIGN(const Rows table,
            parts_->pool.Run("SELECT 1 WHERE to_regclass('schema_info') IS NOT NULL"));
  if (table.empty()) return OldSchema("the database has no schema yet");
  NS_ASSIGN(const Rows rows, parts_->pool.Run("SELECT coalesce(max(number), 0) FROM schema_info"));
  int number = 0;
  Row row = rows[0];
  row >> number;
  NS_TRY(row.status());
  if (number < kSchemaNumber) return OldSchema("the database has schema " + std::to_string(number));
  // Events of another cluster, restored from a dump, come before all that happens here. Where the
  // database takes no writes now, the next start does it.
  (void)parts_->pool.Run(
      "UPDATE events SET xact = 0 WHERE xact >= "
      "pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
  NS_ASSIGN(const Rows mode, parts_->pool.Run("SELECT current_setting('transaction_read_only')"));
  std::string read_only;
  Row first = mode[0];
  first >> read_only;
  return read_only == "on" ? StatusOf({"25006", "transaction_read_only", ""}) : Status();
}

Result<std::vector<std::string>> PgStore::KeysInUse() { return SealKeysInUse(parts_->pool); }

Result<bool> PgStore::HasKeys() {
  NS_ASSIGN(const KeyChecks kept, LoadKeyChecks(parts_->pool));
  if (!kept.empty()) return true;
  NS_ASSIGN(const auto used, KeysInUse());
  return !used.empty();
}

Status PgStore::KnowsKeysInUse() {
  NS_ASSIGN(const auto used, KeysInUse());
  for (const std::string& id : used) {
    if (parts_->sealing.Knows(id)) continue;
    return Status(Code::kPrecondition, "KeyFileWrong",
                  "the database holds secrets that the key \"" + id +
                      "\" sealed, and the key file has no such key: restore this installation's "
                      "own key file from its backup")
        .SetFault(Fault::kOperator);
  }
  return {};
}

Status PgStore::CheckKeys(const KeyChecks& own) {
  NS_TRY(KnowsKeysInUse());
  NS_ASSIGN(const KeyChecks kept, LoadKeyChecks(parts_->pool));
  return CompareKeyChecks(kept, own);
}

Status PgStore::KeepKeys(const KeyChecks& own) {
  NS_TRY(KnowsKeysInUse());
  return KeepKeyChecks(parts_->pool, own);
}

Result<Resealed> PgStore::Reseal() { return store::Reseal(parts_->pool, parts_->sealing); }

void PgStore::Listen(const std::stop_token& stop) { parts_->hints.Listen(stop); }

Status NoSuch(const std::string& what, const std::string& id) {
  return NotFound("there is no " + what + " with the id \"" + id + "\"");
}

}  // namespace ns::store
