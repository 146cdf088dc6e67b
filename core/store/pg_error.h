// What PostgreSQL's error codes mean for the caller. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::store {

// Reason of a status that says: the transaction lost to another and may be tried again at once.
inline constexpr char kLostToAnother[] = "LostToAnother";

struct PgError {
  std::string sqlstate;  // empty: the connection is gone
  std::string message;
  std::string constraint;  // that was broken, or empty
};

// kExists and kNotFound for broken uniqueness and references; kInvalid for values that PostgreSQL
// does not take; kUnavailable for everything that passes; kInternal for what is wrong in the schema
// or the statement.
Status StatusOf(const PgError& error);

}  // namespace ns::store
