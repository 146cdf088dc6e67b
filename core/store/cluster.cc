#include "store/cluster.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "store/connection.h"
#include "supervise/fd.h"

namespace ns::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using supervise::Fd;

constexpr char kDebianPrograms[] = "/usr/lib/postgresql";
constexpr char kOwner[] = "neoshowcase";  // of the cluster, and name of the database
constexpr Duration kInitLimit = 3min;
constexpr Duration kHealthLimit = 2s;
constexpr Duration kStatementLimit = 30s;

Status Missing(const std::string& message) {
  return Status(Code::kPrecondition, "PostgresMissing", message).SetFault(Fault::kOperator);
}

std::string ErrorText(const std::string& what) { return what + ": " + std::strerror(errno); }

// "15" of a cluster that is there, else empty.
std::string VersionOf(const std::string& data) {
  std::ifstream file(data + "/PG_VERSION");
  std::string version;
  file >> version;
  return version;
}

bool HasPrograms(const std::string& folder) {
  return access((folder + "/postgres").c_str(), X_OK) == 0 &&
         access((folder + "/initdb").c_str(), X_OK) == 0;
}

// The newest version below Debian's folder, or empty.
std::string NewestVersion() {
  int newest = 0;
  std::error_code error;
  for (fs::directory_iterator at(kDebianPrograms, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename();
    int number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (HasPrograms(at->path().string() + "/bin")) newest = std::max(newest, number);
  }
  return newest ? std::to_string(newest) : "";
}

Result<std::string> FindPrograms(const ClusterOptions& options) {
  if (!options.programs.empty()) {
    return HasPrograms(options.programs) ? Result(options.programs)
                                         : Missing("there is no PostgreSQL in " + options.programs);
  }
  const std::string present = VersionOf(options.data);
  const std::string version = present.empty() ? NewestVersion() : present;
  if (version.empty())
    return Missing(
        "PostgreSQL is not installed: apt-get install postgresql, or name a database in the "
        "configuration");
  const std::string folder = std::string(kDebianPrograms) + "/" + version + "/bin";
  if (HasPrograms(folder)) return folder;
  return Missing("the cluster in " + options.data + " is of PostgreSQL " + version +
                 ", which is not installed: apt-get install postgresql-" + version +
                 ", or move it on with pg_upgradecluster");
}

Result<std::optional<supervise::Account>> AccountOf(const ClusterOptions& options) {
  if (options.account || geteuid() != 0) return options.account;
  const auto postgres = supervise::FindAccount("postgres");
  if (postgres.ok()) return std::optional(*postgres);
  NS_ASSIGN(const auto nobody, supervise::FindAccount("nobody"));
  return std::optional(nobody);
}

// A folder that only `account` may use.
Status OwnFolder(const std::string& path, const std::optional<supervise::Account>& account) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return Missing("the folder " + path + " cannot be made: " + error.message());
  if (account && chown(path.c_str(), account->uid, account->gid) != 0)
    return Missing(ErrorText("chown " + path));
  if (chmod(path.c_str(), 0700) != 0) return Missing(ErrorText("chmod " + path));
  return {};
}

std::string ReadAllFrom(int fd) {
  std::string text(4096, '\0');
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return text;
}

Status RunInitdb(const std::string& programs, const std::string& folder,
                 const std::optional<supervise::Account>& account, Clock& clock,
                 const std::stop_token& cancel) {
  const Fd output(memfd_create("initdb", MFD_CLOEXEC));
  supervise::SpawnSpec spec;
  spec.argv = {
      programs + "/initdb", "-D", folder, "-U", kOwner, "-E", "UTF8", "--locale=C", "--auth=trust",
      "--no-instructions"};
  spec.env = {"LC_ALL=C", "PATH=/usr/bin:/bin"};
  spec.account = account;
  spec.out = spec.err = output.get();
  NS_ASSIGN(supervise::Process process, supervise::Process::Spawn(spec));
  const auto ended = process.Wait(clock, clock.Monotonic() + kInitLimit, cancel);
  if (!ended.ok()) process.KillGroup(SIGKILL);
  NS_TRY(ended.status().Prefixed("initdb"));
  if (!ended->ok())
    return Missing("initdb ended with " + ended->ToString() + ": " + ReadAllFrom(output.get()));
  return {};
}

// Whole or not at all: made beside and renamed.
Status MakeCluster(const ClusterOptions& options, const std::string& programs,
                   const std::optional<supervise::Account>& account, Clock& clock,
                   const std::stop_token& cancel) {
  const std::string unfinished = options.data + ".new";
  std::error_code error;
  fs::remove_all(unfinished, error);
  NS_TRY(OwnFolder(unfinished, account));
  NS_TRY(RunInitdb(programs, unfinished, account, clock, cancel));
  if (std::rename(unfinished.c_str(), options.data.c_str()) != 0)
    return Missing(ErrorText("rename " + unfinished));
  return {};
}

// Two processes of an installation may start at once.
Result<Fd> LockCluster(const ClusterOptions& options, Clock& clock, const std::stop_token& cancel) {
  std::error_code error;
  fs::create_directories(fs::path(options.data).parent_path(), error);
  Fd lock(open((options.data + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return Missing(ErrorText(options.data + ".lock"));
  const Duration deadline = clock.Monotonic() + kInitLimit;
  while (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (cancel.stop_requested())
      return Status(Code::kCancelled, "waiting for the cluster was cancelled");
    if (clock.Monotonic() > deadline)
      return Unavailable("another process has been making the cluster in " + options.data +
                         " for too long");
    supervise::WaitReadable(-1, 50ms);
  }
  return lock;
}

std::string Quoted(const std::string& value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

// Small and quiet: a machine of one's own runs applications, not a database.
std::vector<std::string> Settings(const ClusterOptions& options) {
  return {"listen_addresses=",
          "port=5432",
          "unix_socket_directories=" + options.socket,
          "unix_socket_permissions=0700",
          "max_connections=100",
          "shared_buffers=32MB",
          "max_wal_size=256MB",
          "min_wal_size=32MB",
          "max_worker_processes=4",
          "max_parallel_workers=0",
          "max_parallel_workers_per_gather=0",
          "max_logical_replication_workers=0",
          "max_wal_senders=0",
          "wal_level=minimal",
          "jit=off",
          "logging_collector=off",
          "log_min_messages=warning",
          "log_checkpoints=off",
          "log_timezone=UTC",
          "timezone=UTC"};
}

std::vector<std::string> CommandOf(const ClusterOptions& options, const std::string& programs) {
  std::vector<std::string> argv{programs + "/postgres", "-D", options.data};
  for (const std::string& setting : Settings(options)) {
    argv.emplace_back("-c");
    argv.push_back(setting);
  }
  return argv;
}

}  // namespace

std::string ClusterConnection(const std::string& socket, const std::string& database) {
  return "host=" + Quoted(socket) + " port=5432 user=" + kOwner +
         " dbname=" + Quoted(database.empty() ? kOwner : database);
}

Result<supervise::HelperSpec> PrepareCluster(const ClusterOptions& options, Clock& clock,
                                             const std::stop_token& cancel) {
  NS_ASSIGN(const Fd lock, LockCluster(options, clock, cancel));
  NS_ASSIGN(const auto account, AccountOf(options));
  NS_ASSIGN(const std::string programs, FindPrograms(options));
  NS_TRY(OwnFolder(options.socket, account));
  if (VersionOf(options.data).empty())
    NS_TRY(MakeCluster(options, programs, account, clock, cancel));
  supervise::HelperSpec spec;
  spec.name = "postgres";
  spec.argv = CommandOf(options, programs);
  spec.env = {"LC_ALL=C", "PATH=/usr/bin:/bin"};
  spec.folder = options.data;
  spec.account = account;
  spec.stop_signal = SIGINT;  // fast shutdown
  spec.stop_grace = 30s;
  spec.health = [connection = ClusterConnection(options.socket, "postgres")]() -> Status {
    NS_ASSIGN(const auto session, Connection::Open(connection, kHealthLimit, kHealthLimit));
    return session->Do("SELECT 1");
  };
  return spec;
}

Status EnsureDatabase(const ClusterOptions& options) {
  const std::string look =
      std::string("SELECT 1 FROM pg_database WHERE datname = '") + kOwner + "'";
  NS_ASSIGN(const auto session, Connection::Open(ClusterConnection(options.socket, "postgres"),
                                                 kStatementLimit, kStatementLimit));
  NS_ASSIGN(const Rows found, session->Run(look));
  if (!found.empty()) return {};
  const Status made = session->Do(std::string("CREATE DATABASE ") + kOwner);
  if (made.ok()) return {};
  NS_ASSIGN(const Rows again, session->Run(look));
  return again.empty() ? made : Status();
}

}  // namespace ns::store
