#include "store/sub_stores.h"

namespace ns::store {
namespace {

using ports::Repeat;
using ports::RepeatableCall;

std::string Place(const RepeatableCall& call) {
  return "repeatable_calls/" + call.user.str() + "/" + call.key;
}

class PgRepeats final : public ports::RepeatStore {
 public:
  PgRepeats(Pool& pool, const Sealing& sealing) : pool_(pool), sealing_(sealing) {}

  Result<Repeat> Begin(const RepeatableCall& call, const std::string& token, Duration lease,
                       Duration keep) override {
    Repeat found;
    const Status begun = pool_.Write([&](Connection& connection) -> Status {
      NS_TRY(DropOld(connection));
      NS_ASSIGN(const Rows taken,
                connection.Run(
                    "INSERT INTO repeatable_calls AS kept (user_id, key_hash, fingerprint, token, "
                    "lease_expires, expires) VALUES ($1, $2, $3, $4, now() + $5::interval, now() + "
                    "$6::interval) ON CONFLICT (user_id, key_hash) DO UPDATE SET fingerprint = "
                    "excluded.fingerprint, token = excluded.token, lease_expires = "
                    "excluded.lease_expires, expires = excluded.expires, answer_sealed = NULL, "
                    "seal_key = '' WHERE kept.expires <= now() OR (kept.answer_sealed IS NULL AND "
                    "kept.lease_expires <= now() AND kept.fingerprint = excluded.fingerprint)",
                    Params::Of(call.user, call.key, call.fingerprint, token, lease, keep)));
      found.state = Repeat::State::kFirst;
      return taken.touched() > 0 ? Status() : Look(connection, call, found);
    });
    if (!begun.ok()) return begun;
    return found;
  }

  Status Finish(const RepeatableCall& call, const std::string& token,
                const Secret& answer) override {
    const auto sealer = sealing_.Current();
    return pool_.Write([&](Connection& connection) -> Status {
      NS_ASSIGN(
          const Rows rows,
          connection.Run("UPDATE repeatable_calls SET answer_sealed = $4, seal_key = $5 "
                         "WHERE user_id = $1 AND key_hash = $2 AND token = $3",
                         Params::Of(call.user, call.key, token,
                                    BytesIn{sealer->Seal(answer, Place(call))}, sealer->key_id())));
      return rows.touched() > 0 ? Status() : Stale("somebody else has the call");
    });
  }

  Status Abandon(const RepeatableCall& call, const std::string& token) override {
    return pool_
        .Run(
            "DELETE FROM repeatable_calls WHERE user_id = $1 AND key_hash = $2 AND token = $3 AND "
            "answer_sealed IS NULL",
            Params::Of(call.user, call.key, token))
        .status();
  }

 private:
  // A few at a time: each call that comes with a key brings them.
  static Status DropOld(Connection& connection) {
    return connection.Do(
        "DELETE FROM repeatable_calls WHERE (user_id, key_hash) IN (SELECT user_id, key_hash FROM "
        "repeatable_calls WHERE expires <= now() ORDER BY expires LIMIT 100 FOR UPDATE SKIP "
        "LOCKED)",
        {});
  }

  // What somebody else has made of it. One that was abandoned just now counts as under way.
  Status Look(Connection& connection, const RepeatableCall& call, Repeat& found) {
    NS_ASSIGN(const Rows rows,
              connection.Run("SELECT fingerprint = $3, answer_sealed FROM repeatable_calls WHERE "
                             "user_id = $1 AND key_hash = $2",
                             Params::Of(call.user, call.key, call.fingerprint)));
    found.state = Repeat::State::kUnderWay;
    if (rows.empty()) return {};
    bool same = false;
    std::optional<std::string> sealed;
    Row row = rows[0];
    row >> same >> sealed;
    NS_TRY(row.status());
    if (!same) found.state = Repeat::State::kOther;
    if (!same || !sealed) return {};
    NS_ASSIGN(found.answer, sealing_.Open(sealed, Place(call)));
    found.state = Repeat::State::kAnswered;
    return {};
  }

  Pool& pool_;
  const Sealing& sealing_;
};

}  // namespace

std::unique_ptr<ports::RepeatStore> NewPgRepeats(Pool& pool, const Sealing& sealing) {
  return std::make_unique<PgRepeats>(pool, sealing);
}

}  // namespace ns::store
