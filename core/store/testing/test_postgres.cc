#include "store/testing/test_postgres.h"

#include <libpq-fe.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/clock.h"

namespace ns::store::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr char kMemory[] = "/dev/shm";
constexpr char kPrefix[] = "ns-store-test-";

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "the PostgreSQL of the tests does not start: %s\n", why.c_str());
  std::exit(2);
}

void Require(const Status& status) {
  if (!status.ok()) Die(status.ToString());
}

// Folders of test processes that were killed.
void RemoveLeftovers() {
  std::error_code error;
  for (fs::directory_iterator at(kMemory, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    if (!name.starts_with(kPrefix)) continue;
    const int pid = std::atoi(name.c_str() + sizeof(kPrefix) - 1);
    std::error_code ignored;  // another test process removes them too
    if (pid > 0 && kill(pid, 0) != 0) fs::remove_all(at->path(), ignored);
  }
}

std::string SchemaText() {
  std::ifstream file(NS_SCHEMA_FILE);
  std::ostringstream text;
  text << file.rdbuf();
  if (text.str().empty()) Die(std::string("no schema at ") + NS_SCHEMA_FILE);
  return text.str();
}

}  // namespace

TestPostgres::TestPostgres() {
  RemoveLeftovers();
  folder_ = std::string(kMemory) + "/" + kPrefix + std::to_string(getpid());
  fs::create_directories(folder_);
  chmod(folder_.c_str(), 0711);
  options_.data = folder_ + "/data";
  options_.socket = folder_ + "/socket";
  Result<supervise::HelperSpec> spec = PrepareCluster(options_, SystemClock());
  Require(spec.status());
  spec_ = *spec;
  for (const char* setting : {"fsync=off", "full_page_writes=off"}) {
    spec_.argv.emplace_back("-c");
    spec_.argv.emplace_back(setting);
  }
  Start();
  Require(EnsureDatabase(options_));
  Execute(ClusterConnection(options_.socket), SchemaText());
}

TestPostgres::~TestPostgres() {
  End(SIGQUIT);  // at once, but its shared memory goes too
  std::error_code error;
  fs::remove_all(folder_, error);
}

void TestPostgres::Spawn() {
  supervise::SpawnSpec spawn;
  spawn.argv = spec_.argv;
  spawn.env = spec_.env;
  spawn.folder = spec_.folder;
  spawn.account = spec_.account;
  spawn.die_with_parent = true;
  Result<supervise::Process> process = supervise::Process::Spawn(spawn);
  Require(process.status());
  process_.emplace(std::move(process).value());
}

// One that finds a session of the last one still dying ends again at once.
void TestPostgres::Start() {
  Spawn();
  const Duration deadline = SystemClock().Monotonic() + 60s;
  Status health = spec_.health();
  while (!health.ok() && SystemClock().Monotonic() < deadline) {
    std::this_thread::sleep_for(10ms);
    if (process_->Wait(SystemClock(), SystemClock().Monotonic()).ok()) Spawn();
    health = spec_.health();
  }
  Require(health);
}

void TestPostgres::Kill() { End(SIGKILL); }

void TestPostgres::End(int signal) {
  if (!process_) return;
  process_->KillGroup(signal);
  (void)process_->Wait(SystemClock(), SystemClock().Monotonic() + 30s);
  process_.reset();
}

void TestPostgres::Execute(const std::string& connection, const std::string& sql) {
  PGconn* session = PQconnectdb(connection.c_str());
  PGresult* result = PQexec(session, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) Die(PQerrorMessage(session));
  PQclear(result);
  PQfinish(session);
}

std::string TestPostgres::NewDatabase() {
  const std::string name = "test" + std::to_string(++databases_);
  Execute(ClusterConnection(options_.socket, "postgres"),
          "CREATE DATABASE " + name + " TEMPLATE neoshowcase");
  return ClusterConnection(options_.socket, name);
}

std::string TestPostgres::CleanDatabase() {
  if (clean_.empty()) return clean_ = NewDatabase();
  Execute(
      clean_,
      "DELETE FROM applications; DELETE FROM repositories; DELETE FROM subjects; DELETE FROM "
      "commits; DELETE FROM conditions; DELETE FROM audit_events;"
      "DELETE FROM events; DELETE FROM hosts; DELETE FROM installation; DELETE FROM schema_info; "
      "DELETE FROM purged_applications; DELETE FROM key_checks; DELETE FROM usage_batches;"
      "DELETE FROM received_repositories");
  return clean_;
}

std::string TestPostgres::NewEmptyDatabase() {
  const std::string name = "test" + std::to_string(++databases_);
  Execute(ClusterConnection(options_.socket, "postgres"), "CREATE DATABASE " + name);
  return ClusterConnection(options_.socket, name);
}

TestPostgres& Postgres() {
  static TestPostgres postgres;
  return postgres;
}

}  // namespace ns::store::testing
