// A PostgreSQL of the benchmark's own, to hold figures against.
#pragma once

#include <optional>

namespace ns::bench {

// Seconds that one read of one row by its key takes, over a Unix socket, the median of many; from a
// table of `rows` rows as wide as an application with its variables. Starts a cluster in a scratch
// folder and removes it. Nothing where PostgreSQL 15 is not installed.
std::optional<double> PostgresReadSeconds(int rows);

}  // namespace ns::bench
