// What became of a transaction whose COMMIT was not answered.
#pragma once

#include <cstdint>
#include <string>

#include "store/connection.h"
#include "store/pg_store.h"

namespace ns::store {

// A transaction that writes, as the row of its session tells it apart (table `store_sessions`).
struct Mark {
  std::string session;
  int64_t number = 0;
  int server_process = 0;
};

// BEGIN, and the session's row is set to this transaction's number with it: who asks for that row
// waits until the transaction has ended, and then reads whether it committed. One round trip.
Result<Mark> BeginMarked(Connection& connection);

enum class Outcome {
  kCommitted,
  kGone,     // it has not committed and never will
  kUnknown,  // the database could not be asked in time
};

// Asks on a session of its own, within `options.outcome_limit`. A transaction that waits for a
// COMMIT that was lost on the way is ended.
Outcome AskOutcome(const PgOptions& options, const Mark& mark);

}  // namespace ns::store
