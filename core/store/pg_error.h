// What PostgreSQL's error codes mean for the caller. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::store {

// Reason of a status that says: the transaction lost to another and may be tried again at once.
inline constexpr char kLostToAnother[] = "LostToAnother";
// The code of a prepared statement whose tables have changed since (cached plan).
inline constexpr char kPlanOutdated[] = "0A000";

struct PgError {
  std::string sqlstate;  // empty: the connection is gone
  std::string message;
  std::string constraint;  // that was broken, or empty
};

// kExists and kNotFound for broken uniqueness and references; kInvalid for values that PostgreSQL
// does not take; kUnavailable for everything that passes, with a reason of docs/conditions.md and
// what to do; kInternal for what is wrong in the schema or the statement.
Status StatusOf(const PgError& error);

// The database answered too late, or not at all.
Status DatabaseSlow(const std::string& what);
// The session ended, by whomever: nothing is wrong with what was asked.
bool IsLostSession(const Status& status);

// Of "FATAL:  53300: too many connections LOCATION: ...", as libpq words failures to connect.
PgError ParseVerbose(std::string_view words);

}  // namespace ns::store
