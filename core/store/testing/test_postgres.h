// A private PostgreSQL for tests: started as the embedded one is, on a folder in memory, reached
// through a Unix socket alone.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/cluster.h"

namespace ns::store::testing {

// One a test binary. Ends with the process that made it, its folder too.
class TestPostgres {
 public:
  // Ends the process when PostgreSQL cannot be started, with the reason.
  TestPostgres();
  ~TestPostgres();
  TestPostgres(const TestPostgres&) = delete;
  TestPostgres& operator=(const TestPostgres&) = delete;

  // Connection string of a new database that holds the schema.
  std::string NewDatabase();
  // Of one with the schema that earlier tests may have used, without their rows. Quicker.
  std::string CleanDatabase();
  std::string NewEmptyDatabase();
  // Runs statements in a database.
  void Execute(const std::string& connection, const std::string& sql);

  // As a power cut: every process of it is killed. Then Start() again.
  void Kill();
  void Start();
  const std::string& socket() const { return options_.socket; }

 private:
  void Spawn();
  void End(int signal);

  std::string folder_;
  ClusterOptions options_;
  supervise::HelperSpec spec_;
  std::optional<supervise::Process> process_;
  int databases_ = 0;
  std::string clean_;
};

// The one of this binary, started at first use.
TestPostgres& Postgres();

}  // namespace ns::store::testing
