// PostgreSQL's textual forms of values. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace ns::store {

// One element of an array; null is a NULL.
using SqlText = std::pair<bool, std::string>;  // (is null, text)

// '{"a","b\"c",NULL}'.
std::string FormatArray(const std::vector<SqlText>& elements);
// One-dimensional. kInternal for anything else.
Result<std::vector<SqlText>> ParseArray(std::string_view text);

// "2026-01-31 12:00:00.123456+00" as a session in UTC writes it. kInternal for anything else.
Result<Time> ParseTime(std::string_view text);

// "\x6869" to its bytes.
Result<std::string> ParseBytea(std::string_view text);

}  // namespace ns::store
