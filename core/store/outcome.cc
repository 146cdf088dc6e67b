#include "store/outcome.h"

#include <algorithm>

#include "base/random.h"
#include "supervise/process.h"

namespace ns::store {
namespace {

using namespace std::chrono_literals;

constexpr Duration kAsk = 1s;  // waits for a transaction that is under way
constexpr uint64_t kPauseMillis = 100;

// Rows of sessions that ended long ago. None is waited for.
constexpr char kForget[] =
    "DELETE FROM store_sessions WHERE id IN (SELECT id FROM store_sessions WHERE used_at < now() - "
    "interval '1 day' LIMIT 1000 FOR UPDATE SKIP LOCKED)";

std::string PrepareMark(const std::string& session) {
  return "PREPARE ns_mark (bigint) AS INSERT INTO store_sessions (id, transactions, used_at) "
         "VALUES ('" +
         session +
         "', $1, now()) ON CONFLICT (id) DO UPDATE SET transactions = excluded.transactions, "
         "used_at = excluded.used_at";
}

// Ends the transaction of `mark`, which holds the row that was waited for, where all it waits for
// is its client. One that the COMMIT has reached is left alone.
void EndIdle(Connection& connection, const Mark& mark) {
  (void)connection.Run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND usename = "
      "current_user AND state LIKE 'idle in transaction%'",
      Params::Of(mark.server_process));
}

Outcome AskOnce(Connection& connection, const Mark& mark) {
  // An insert waits also for a row that is only about to be there.
  const Result<Rows> rows = connection.Run(
      "INSERT INTO store_sessions AS stored (id, transactions, used_at) VALUES ($1, 0, now()) ON "
      "CONFLICT (id) DO UPDATE SET used_at = excluded.used_at RETURNING transactions",
      Params::Of(mark.session));
  if (!rows.ok()) {
    if (connection.Alive()) EndIdle(connection, mark);
    return Outcome::kUnknown;
  }
  int64_t number = 0;
  if (!rows->empty()) rows->operator[](0) >> number;
  return number >= mark.number ? Outcome::kCommitted : Outcome::kGone;
}

}  // namespace

Result<Mark> BeginMarked(Connection& connection) {
  if (connection.marked() == 0) {
    NS_TRY(connection.Do(kForget));
    NS_TRY(connection.Do(PrepareMark(connection.name())));
  }
  const Mark mark{connection.name(), ++connection.marked(), connection.server_process()};
  const std::string number = std::to_string(mark.number);
  const Status begun = connection.RunScript("BEGIN; EXECUTE ns_mark(" + number + ")").status();
  if (!begun.ok()) return begun;
  return mark;
}

Outcome AskOutcome(const PgOptions& options, const Mark& mark) {
  const Duration deadline = SystemClock().Monotonic() + options.outcome_limit;
  for (;;) {
    const Duration left = deadline - SystemClock().Monotonic();
    if (left <= 0ns) return Outcome::kUnknown;
    const auto connection = Connection::Open(
        options.connection, std::min(left, options.connect_limit), std::min(left, kAsk));
    const Outcome outcome = connection.ok() ? AskOnce(**connection, mark) : Outcome::kUnknown;
    if (outcome != Outcome::kUnknown) return outcome;
    supervise::WaitReadable(-1, std::chrono::milliseconds(1 + SystemRandom().Below(kPauseMillis)));
  }
}

}  // namespace ns::store
