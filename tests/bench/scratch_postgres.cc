#include "scratch_postgres.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace ns::bench {
namespace {

constexpr char kBin[] = "/usr/lib/postgresql/15/bin/";

// The cluster in `folder`; stopped and removed at the end. PostgreSQL refuses to run as root, so
// root lends it the account `postgres`.
class ScratchCluster {
 public:
  explicit ScratchCluster(std::string folder) : folder_(std::move(folder)) {
    started_ = Run("initdb -D " + folder_ + "/data -A trust -U bench --no-sync") &&
               Run("pg_ctl -D " + folder_ + "/data -w -o \"-c listen_addresses= -k " + folder_ +
                   "\" -l " + folder_ + "/log start");
  }
  ~ScratchCluster() {
    if (started_) Run("pg_ctl -D " + folder_ + "/data -m immediate -w stop");
    std::filesystem::remove_all(folder_);
  }
  ScratchCluster(const ScratchCluster&) = delete;
  ScratchCluster& operator=(const ScratchCluster&) = delete;

  bool started() const { return started_; }

 private:
  static bool Run(const std::string& command) {
    const std::string as =
        geteuid() == 0 ? "setpriv --reuid postgres --regid postgres --clear-groups " : "";
    return std::system(("cd / && " + as + kBin + command + " >/dev/null 2>&1").c_str()) == 0;
  }

  const std::string folder_;
  bool started_ = false;
};

bool Do(PGconn* connection, const std::string& query) {
  PGresult* result = PQexec(connection, query.c_str());
  const auto status = PQresultStatus(result);
  PQclear(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

std::optional<double> MedianRead(PGconn* connection, int rows) {
  if (!Do(connection,
          "CREATE TABLE app (id text PRIMARY KEY, settings text, env text, conditions text)") ||
      !Do(connection,
          "INSERT INTO app SELECT i::text, repeat('s', 200), repeat('e', 600), repeat('c', 400) "
          "FROM generate_series(1, " +
              std::to_string(rows) + ") i") ||
      !Do(connection, "PREPARE read AS SELECT * FROM app WHERE id = $1")) {
    return std::nullopt;
  }
  std::vector<double> seconds;
  for (int i = 0; i < 2000; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (!Do(connection, "EXECUTE read('" + std::to_string(i * 7919LL % rows + 1) + "')"))
      return std::nullopt;
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + 1000, seconds.end());
  return seconds[1000];
}

}  // namespace

std::optional<double> PostgresReadSeconds(int rows) {
  char folder[] = "/tmp/ns-bench-XXXXXX";
  if (mkdtemp(folder) == nullptr || std::system((std::string("chmod 777 ") + folder).c_str()) != 0)
    return std::nullopt;
  const ScratchCluster cluster(folder);
  if (!cluster.started()) return std::nullopt;
  PGconn* connection =
      PQconnectdb(("host=" + std::string(folder) + " dbname=postgres user=bench").c_str());
  std::optional<double> median;
  if (PQstatus(connection) == CONNECTION_OK) median = MedianRead(connection, rows);
  PQfinish(connection);
  return median;
}

}  // namespace ns::bench
