// A PostgreSQL of the benchmark's own, to hold figures against or to work on.
#pragma once

#include <memory>
#include <optional>
#include <string>

struct pg_conn;

namespace ns::bench {

// On disk and with every safety that PostgreSQL has by itself; it counts statements. Ends with this
// object, its folder too.
class ScratchPostgres {
 public:
  // Null where PostgreSQL 15 is not installed or does not start.
  static std::unique_ptr<ScratchPostgres> Start();
  ~ScratchPostgres();
  ScratchPostgres(const ScratchPostgres&) = delete;
  ScratchPostgres& operator=(const ScratchPostgres&) = delete;

  // Of a libpq connection.
  std::string connection() const;
  // Runs statements; throws when one fails. The first value of the last one, or "".
  std::string Do(const std::string& sql);
  // Of all sessions but this object's since the last call; transactions' brackets are statements.
  int64_t Statements();

 private:
  explicit ScratchPostgres(std::string folder) : folder_(std::move(folder)) {}
  bool StartServer();
  static bool Run(const std::string& command);

  const std::string folder_;
  bool started_ = false;
  pg_conn* session_ = nullptr;
};

// Seconds that one read of one row by its key takes, over a Unix socket, the median of many; from a
// table of `rows` rows as wide as an application with its variables. Nothing where PostgreSQL 15 is
// not installed.
std::optional<double> PostgresReadSeconds(int rows);

}  // namespace ns::bench
