// What the store costs, held against PostgreSQL itself: the same server, the same run, a Unix
// socket, fsync off (so that statements are measured and not the disk).
#include <libpq-fe.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "store/pg_store.h"
#include "store/testing/test_postgres.h"

namespace ns::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kRows = 100;  // of a batch
constexpr int kRuns = 30;

template <class I>
I IdOf(int n) {
  const std::string text = std::to_string(n);
  return I(std::string(22 - text.size(), '0') + text);
}

void Require(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

// Median seconds of one `step`.
double Measure(const std::function<void(int)>& step, int runs = kRuns) {
  std::vector<double> seconds;
  for (int i = 0; i < runs; ++i) {
    const Duration begin = SystemClock().Monotonic();
    step(i);
    seconds.push_back(std::chrono::duration<double>(SystemClock().Monotonic() - begin).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + runs / 2, seconds.end());
  return seconds[static_cast<size_t>(runs / 2)];
}

// A session of its own, without the store.
class Plain {
 public:
  explicit Plain(const std::string& connection) : session_(PQconnectdb(connection.c_str())) {}
  ~Plain() { PQfinish(session_); }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  void Do(const std::string& sql) { Take(PQexec(session_, sql.c_str()), sql.c_str()); }
  void Prepare(const char* name, const char* sql) {
    Take(PQprepare(session_, name, sql, 0, nullptr), sql);
  }
  void Run(const char* name, const char* value) {
    Take(PQexecPrepared(session_, name, 1, &value, nullptr, nullptr, 0), name);
  }
  void RunText(const char* sql, const char* value) {
    Take(PQexecParams(session_, sql, 1, nullptr, &value, nullptr, nullptr, 0), sql);
  }

 private:
  static void Take(PGresult* result, const char* what) {
    const ExecStatusType status = PQresultStatus(result);
    Require(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, what);
    PQclear(result);
  }
  PGconn* session_;
};

void Tell(const char* what, double seconds, int rows, const char* beside, double reference) {
  std::printf("%-46s %9.0f us %10.0f rows/s   %.2f of %s\n", what, seconds * 1e6, rows / seconds,
              seconds / reference, beside);
}

void Fill(const ports::Store& s) {
  model::Repository repository;
  repository.id = IdOf<RepositoryId>(1);
  Require(s.repositories.Insert(repository).ok(), "a repository");
  for (int n = 1; n <= kRows; ++n) {
    model::Application app;
    app.id = IdOf<AppId>(n);
    app.repository = repository.id;
    for (int i = 0; i < 10; ++i) app.env.push_back({"KEY" + std::to_string(i), Secret("value")});
    Require(s.apps.Insert(app, nullptr).ok(), "an application");
  }
}

void Upserts(const ports::Store& s, Plain& plain) {
  plain.Prepare("upsert",
                "INSERT INTO conditions VALUES (0, 'plain', $1, true, '', '', now(), now(), NULL) "
                "ON CONFLICT (subject, subject_id, kind) DO UPDATE SET last_looked = now()");
  const double one_by_one = Measure([&](int) {
    plain.Do("BEGIN");
    for (int n = 0; n < kRows; ++n) plain.Run("upsert", ("kind" + std::to_string(n)).c_str());
    plain.Do("COMMIT");
  });
  std::vector<model::Condition> conditions;
  for (int n = 0; n < kRows; ++n)
    conditions.push_back({"kind" + std::to_string(n), true, "", "", kNever, kNever, kNever});
  const double unnest = Measure([&](int) {
    Require(
        s.events.SetConditions(model::Subject::kApplication, IdOf<AppId>(1).str(), conditions).ok(),
        "conditions");
  });
  Tell("100 upserts, libpq, prepared, one by one", one_by_one, kRows, "itself", one_by_one);
  Tell("100 upserts, the store (unnest)", unnest, kRows, "one by one", one_by_one);
}

void Queue(const ports::Store& s, int run) {
  for (int n = 1; n <= kRows; ++n) {
    model::Build build;
    build.id = IdOf<BuildId>(run * kRows + n);
    build.app = IdOf<AppId>(n);
    build.build_key = std::to_string(run);
    Require(s.builds.Register(build, {}, {}).ok(), "a build");
  }
}

void Claims(const ports::Store& s, Plain& plain) {
  constexpr int kBatches = 10;
  for (int run = 0; run < 2 * kBatches; ++run) Queue(s, run);
  plain.Prepare("claim",
                "UPDATE builds SET status = 1, lease_token = 'x', lease_expires = now() + '1 h' "
                "WHERE id = $1 AND status = 0 RETURNING *");
  const double one_by_one = Measure(
      [&](int run) {
        for (int n = 1; n <= kRows; ++n)
          plain.Run("claim", IdOf<BuildId>(run * kRows + n).str().c_str());
      },
      kBatches);
  const double batched = Measure(
      [&](int run) {
        std::vector<ports::BuildClaim> claims;
        for (int n = 1; n <= kRows; ++n)
          claims.push_back({IdOf<BuildId>((kBatches + run) * kRows + n), IdOf<HostId>(1)});
        const auto claimed = s.builds.ClaimAll(claims, 1h);
        Require(claimed.ok() && claimed->size() == kRows, "claims");
      },
      kBatches);
  Tell("100 claims, libpq, prepared, one by one", one_by_one, kRows, "itself", one_by_one);
  Tell("100 claims, the store, one statement", batched, kRows, "one by one", one_by_one);
}

void Transactions(const ports::Store& s, Plain& plain) {
  plain.Prepare("event",
                "INSERT INTO events (subject, subject_id, actor, kind) VALUES (0, $1, '', '')");
  const double bare = Measure(
      [&](int) {
        plain.Do("BEGIN");
        plain.Run("event", "plain");
        plain.Do("COMMIT");
      },
      500);
  model::Event event;
  event.subject_id = "store";
  const double marked =
      Measure([&](int) { Require(s.events.Append(event).ok(), "an event"); }, 500);
  plain.Prepare("trip", "SELECT $1::text");
  const double trip = Measure([&](int) { plain.Run("trip", "x"); }, 500);
  const double snapshot =
      Measure([&](int) { Require(s.deploys.Snapshot(IdOf<AppId>(1)).ok(), "a snapshot"); }, 500);
  Tell("an event in a transaction, libpq", bare, 1, "itself", bare);
  Tell("the same, the store (marked, subject locked)", marked, 1, "libpq", bare);
  Tell("a whole snapshot of an application", snapshot, 1, "one round trip", trip);
}

void Preparing(Plain& plain) {
  constexpr char kJoin[] =
      "SELECT r.id, b.id FROM releases AS r LEFT JOIN builds AS b ON b.id = build_id WHERE "
      "r.application_id = $1 ORDER BY r.number DESC LIMIT 3";
  plain.Prepare("join", kJoin);
  const double text = Measure([&](int) { plain.RunText(kJoin, "x"); }, 1000);
  const double prepared = Measure([&](int) { plain.Run("join", "x"); }, 1000);
  Tell("a join, its text each time", text, 1, "itself", text);
  Tell("the same, prepared once per session", prepared, 1, "its text", text);
}

}  // namespace
}  // namespace ns::bench

int main(int argc, char** argv) {
  constexpr std::string_view kFilter = "--benchmark_filter=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool other = argument.starts_with(kFilter) &&
                       argument.find("store", kFilter.size()) == std::string_view::npos;
    if (other) return 0;
  }
  const std::string connection = ns::store::testing::Postgres().NewDatabase();
  ns::store::PgOptions options;
  options.connection = connection;
  ns::store::PgStore store(options, ns::Sealer("key-1", ns::Secret(std::string(32, 'k'))),
                           ns::SystemRandom());
  ns::bench::Plain plain(connection);
  ns::bench::Fill(store.store());
  ns::bench::Upserts(store.store(), plain);
  ns::bench::Claims(store.store(), plain);
  ns::bench::Transactions(store.store(), plain);
  ns::bench::Preparing(plain);
  return 0;
}
