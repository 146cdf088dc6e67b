// The embedded PostgreSQL: a cluster in the data folder, run by an unprivileged account, reached
// through a Unix socket alone.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "supervise/process.h"
#include "supervise/supervisor.h"

namespace ns::store {

struct ClusterOptions {
  std::string data;      // folder of the cluster; made when absent
  std::string socket;    // folder of the socket, made when absent; the port number is 5432
  std::string programs;  // folder of `initdb` and `postgres`; empty: where Debian puts them, the
                         // cluster's own version or the newest
  // Whom PostgreSQL runs as; nullopt: `postgres` or else `nobody` when this process is root, else
  // this process's own account.
  std::optional<supervise::Account> account;
};

// Connection string of the embedded database; `database` empty: the platform's own.
std::string ClusterConnection(const std::string& socket, const std::string& database = "");

// Makes the cluster where there is none (a cluster is there whole or not at all), writes its
// settings, and says how to run it: a helper named "postgres". kPrecondition says what is missing
// (programs of the right version, an account, rights on the way to the folder).
Result<supervise::HelperSpec> PrepareCluster(const ClusterOptions& options, Clock& clock,
                                             const std::stop_token& cancel = {});

// Makes the platform's database in a running cluster where it is missing.
Status EnsureDatabase(const ClusterOptions& options);

}  // namespace ns::store
