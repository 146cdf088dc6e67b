#include "scratch_postgres.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "figures.h"

namespace ns::bench {
namespace {

constexpr char kBin[] = "/usr/lib/postgresql/15/bin/";

}  // namespace

// PostgreSQL refuses to run as root, so root lends it the account `postgres`.
bool ScratchPostgres::Run(const std::string& command) {
  const std::string as =
      geteuid() == 0 ? "setpriv --reuid postgres --regid postgres --clear-groups " : "";
  return std::system(("cd / && " + as + kBin + command + " >/dev/null 2>&1").c_str()) == 0;
}

std::unique_ptr<ScratchPostgres> ScratchPostgres::Start() {
  char folder[] = "/tmp/ns-bench-XXXXXX";
  if (mkdtemp(folder) == nullptr) return nullptr;
  std::filesystem::permissions(folder, std::filesystem::perms::all);
  std::unique_ptr<ScratchPostgres> postgres(new ScratchPostgres(folder));
  return postgres->StartServer() ? std::move(postgres) : nullptr;
}

bool ScratchPostgres::StartServer() {
  started_ = Run("initdb -D " + folder_ + "/data -A trust -U bench --no-sync") &&
             Run("pg_ctl -D " + folder_ + "/data -w -o \"-c listen_addresses= -k " + folder_ +
                 " -c shared_preload_libraries=pg_stat_statements\" -l " + folder_ + "/log start");
  if (!started_) return false;
  session_ = PQconnectdb((connection() + " application_name=bench").c_str());
  if (PQstatus(session_) != CONNECTION_OK) return false;
  Do("CREATE EXTENSION pg_stat_statements");
  return true;
}

ScratchPostgres::~ScratchPostgres() {
  if (session_ != nullptr) PQfinish(session_);
  if (started_) Run("pg_ctl -D " + folder_ + "/data -m immediate -w stop");
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

std::string ScratchPostgres::connection() const {
  return "host=" + folder_ + " dbname=postgres user=bench";
}

std::string ScratchPostgres::Do(const std::string& sql) {
  PGresult* result = PQexec(session_, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    PQclear(result);
    throw std::runtime_error(PQerrorMessage(session_) + sql.substr(0, 300));
  }
  std::string value =
      PQntuples(result) > 0 && PQnfields(result) > 0 ? PQgetvalue(result, 0, 0) : "";
  PQclear(result);
  return value;
}

int64_t ScratchPostgres::Statements() {
  const std::string calls =
      Do("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query NOT LIKE "
         "'%pg_stat_statements%'");
  Do("SELECT pg_stat_statements_reset()");
  return std::atoll(calls.c_str());
}

std::optional<double> PostgresReadSeconds(int rows) {
  const auto postgres = ScratchPostgres::Start();
  if (!postgres) return std::nullopt;
  postgres->Do("CREATE TABLE app (id text PRIMARY KEY, settings text, env text, conditions text)");
  postgres->Do(
      "INSERT INTO app SELECT i::text, repeat('s', 200), repeat('e', 600), repeat('c', 400) FROM "
      "generate_series(1, " +
      std::to_string(rows) + ") i");
  postgres->Do("PREPARE read AS SELECT * FROM app WHERE id = $1");
  std::vector<double> seconds;
  for (int i = 0; i < 2000; ++i) {
    const Moment begin = Now();
    postgres->Do("EXECUTE read('" + std::to_string(i * 7919LL % rows + 1) + "')");
    seconds.push_back(SecondsSince(begin));
  }
  return Quantile(seconds, 0.5);
}

}  // namespace ns::bench
