// Answers to COMMIT that get lost: nothing is lost and nothing is done twice.
#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <map>
#include <thread>

#include "ports/testing/store_contract_base.h"
#include "store/pg_store.h"
#include "store/pool.h"
#include "store/testing/inbox.h"
#include "store/testing/proxy.h"
#include "store/testing/test_postgres.h"

namespace ns::store {
namespace {

using ports::testing::IdOf;
using testing::Postgres;
using testing::Proxy;
using testing::TestSealer;
using Fate = testing::Proxy::Fate;
using namespace std::chrono_literals;

model::Event EventOf(int number) {
  model::Event event;
  event.subject_id = "subject";
  event.actor = "test";
  event.kind = "kind." + std::to_string(number);
  return event;
}

// How often each event is stored, by its kind.
std::map<std::string, int> Stored(const std::string& connection) {
  PgOptions options;
  options.connection = connection;
  PgStore direct(options, TestSealer(), SystemRandom());
  std::map<std::string, int> counts;
  const auto events =
      direct.store().events.List(model::Subject::kApplication, "subject", 0, 100'000).value();
  for (const model::Event& event : events) ++counts[event.kind];
  return counts;
}

// Appends `count` events from three threads through a proxy that decides by `fate`; all must
// succeed, and each be there once.
void AppendThrough(int count, std::function<Fate()> fate) {
  const std::string connection = Postgres().CleanDatabase();
  const Proxy proxy(connection, Postgres().socket(), std::move(fate));
  PgOptions options;
  options.connection = proxy.connection();
  options.connections = 3;
  PgStore store(options, TestSealer(), SystemRandom());
  std::atomic<int> next{0};
  std::vector<std::jthread> writers;
  for (int thread = 0; thread < 3; ++thread) {
    writers.emplace_back([&] {
      for (int n = next++; n < count; n = next++)
        EXPECT_EQ(store.store().events.Append(EventOf(n)).ToString(), Status().ToString());
    });
  }
  writers.clear();
  const auto stored = Stored(connection);
  EXPECT_EQ(stored.size(), static_cast<size_t>(count)) << "lost";
  for (const auto& [kind, times] : stored) EXPECT_EQ(times, 1) << kind << " came twice";
}

TEST(PgStoreOutcome, LostAnswersToCommit_NothingLostNothingTwice) {
  // Each second COMMIT is cut somewhere; tries are bounded, so no transaction is cut for ever.
  std::atomic<unsigned> commits{0}, cuts{0};
  AppendThrough(600, [&] {
    constexpr std::array kFates{Fate::kCutAfter, Fate::kPass,      Fate::kCutBefore,
                                Fate::kPass,     Fate::kCutAtOnce, Fate::kPass};
    const Fate fate = kFates[commits++ % kFates.size()];
    cuts += fate != Fate::kPass;
    return fate;
  });
  EXPECT_GE(cuts, 300u);
}

TEST(PgStoreOutcome, CommitThatTheServerNeverSaw_IsEndedAndTriedAgain) {
  std::atomic<int> commits{0};
  const Duration begin = SystemClock().Monotonic();
  AppendThrough(4, [&] { return commits++ == 1 ? Fate::kSwallowed : Fate::kPass; });
  EXPECT_EQ(commits, 5);
  EXPECT_LT(SystemClock().Monotonic() - begin, 10s) << "the waiting session was ended";
}

TEST(PgStoreOutcome, ServerThatDiesOverCommitAndComesBack_TellsByItsData) {
  // After a crash PostgreSQL may give the number of a transaction that left no trace to another:
  // so the answer must not hang on that number.
  const std::string connection = Postgres().NewDatabase();
  std::atomic<bool> cut{false};
  const Proxy proxy(connection, Postgres().socket(),
                    [&] { return cut.exchange(false) ? Fate::kSwallowed : Fate::kPass; });
  PgOptions options;
  options.connection = proxy.connection();
  options.outcome_limit = 30s;
  PgStore store(options, TestSealer(), SystemRandom());
  EXPECT_EQ(store.store().events.Append(EventOf(0)), Status());
  cut = true;
  Status appended = Internal("not yet");
  std::jthread writer([&] { appended = store.store().events.Append(EventOf(1)); });
  while (cut) std::this_thread::sleep_for(1ms);
  Postgres().Kill();
  Postgres().Start();
  for (int n = 2; n < 12; ++n) {  // take the numbers again
    PgOptions direct;
    direct.connection = connection;
    PgStore other(direct, TestSealer(), SystemRandom());
    EXPECT_EQ(other.store().events.Append(EventOf(n)), Status());
  }
  writer.join();
  // Most often it is done at the second try; where the server died once more in between, it is not.
  EXPECT_NE(appended.reason(), "OutcomeUnknown") << appended.ToString();
  EXPECT_EQ(Stored(connection)["kind.1"], appended.ok() ? 1 : 0) << appended.ToString();
}

// A table of one column of numbers, in a database of its own, and a pool of one session with it.
struct Numbers {
  explicit Numbers(const std::string& constraint) : options(Options()), pool(options) {
    Postgres().Execute(options.connection, "CREATE TABLE numbers (n int " + constraint + ")");
  }
  static PgOptions Options() {
    PgOptions options;
    options.connection = Postgres().NewDatabase();
    options.connections = 1;
    return options;
  }
  static Status Add(Connection& connection, int n) {
    return connection.Do("INSERT INTO numbers VALUES ($1)", Params::Of(n));
  }
  int Count() {
    int count = -1;
    const Result<Rows> rows = pool.Run("SELECT count(*) FROM numbers");
    EXPECT_EQ(rows.status(), Status());
    Row row = (*rows)[0];
    row >> count;
    return count;
  }

  const PgOptions options;
  Pool pool;
};

TEST(PgStoreOutcome, CommitThatIsAnsweredWithRollback_IsNotDone) {
  Numbers numbers("PRIMARY KEY");
  int tries = 0;
  const Status status = numbers.pool.Write([&](Connection& connection) {
    ++tries;
    EXPECT_EQ(Numbers::Add(connection, 1), Status());
    EXPECT_EQ(Numbers::Add(connection, 1).code(), Code::kExists);  // and goes on all the same
    return Status();
  });
  EXPECT_EQ(status.code(), Code::kInternal) << status.ToString();
  EXPECT_THAT(status.message(), ::testing::HasSubstr("rolled back"));
  EXPECT_EQ(tries, 1) << "trying again would end alike";
  EXPECT_EQ(numbers.Count(), 0);
  EXPECT_EQ(numbers.pool.Write([](Connection& c) { return Numbers::Add(c, 2); }), Status());
  EXPECT_EQ(numbers.Count(), 1) << "the session is good for more";
}

TEST(PgStoreOutcome, CommitThatADeferredConstraintRefuses_IsNotDoneAndSaysWhy) {
  Numbers numbers("UNIQUE DEFERRABLE INITIALLY DEFERRED");
  int tries = 0;
  const Status status = numbers.pool.Write([&](Connection& connection) {
    ++tries;
    EXPECT_EQ(Numbers::Add(connection, 1), Status());
    return Numbers::Add(connection, 1);
  });
  EXPECT_EQ(status.code(), Code::kExists) << status.ToString();
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(numbers.Count(), 0);
  EXPECT_EQ(numbers.pool.Write([](Connection& c) { return Numbers::Add(c, 2); }), Status());
  EXPECT_EQ(numbers.Count(), 1);
}

TEST(PgStoreOutcome, DatabaseAwayForGood_IsUnknownAndSaysSo) {
  const std::string connection = Postgres().NewDatabase();
  std::atomic<bool> cut{false};
  std::unique_ptr<Proxy> proxy;
  proxy = std::make_unique<Proxy>(connection, Postgres().socket(),
                                  [&] { return cut ? Fate::kSilent : Fate::kPass; });
  PgOptions options;
  options.connection = proxy->connection();
  options.statement_limit = 300ms;
  options.connect_limit = 300ms;
  options.outcome_limit = 500ms;
  PgStore store(options, TestSealer(), SystemRandom());
  EXPECT_EQ(store.store().events.Append(EventOf(0)), Status());
  cut = true;
  const Duration begin = SystemClock().Monotonic();
  const Status status = store.store().events.Append(EventOf(1));
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.reason(), "OutcomeUnknown");
  EXPECT_LT(SystemClock().Monotonic() - begin, 300ms + 500ms + 300ms + 1s) << "and a busy machine";
}

TEST(PgStoreOutcome, LostAnswerToAClaim_GivesTheClaimOnce) {
  const std::string connection = Postgres().CleanDatabase();
  std::atomic<int> sent{0};
  const Proxy proxy(
      connection, Postgres().socket(), [&] { return sent++ == 0 ? Fate::kCutAfter : Fate::kPass; },
      "WITH claimed");
  PgOptions options;
  options.connection = proxy.connection();
  PgStore store(options, TestSealer(), SystemRandom());
  const ports::Store s = store.store();
  model::Repository repository;
  repository.id = IdOf<RepositoryId>(1);
  ASSERT_EQ(s.repositories.Insert(repository), Status());
  model::Application app;
  app.id = IdOf<AppId>(1);
  app.repository = repository.id;
  ASSERT_EQ(s.apps.Insert(app, nullptr), Status());
  model::Build build;
  build.id = IdOf<BuildId>(1);
  build.app = app.id;
  ASSERT_EQ(s.builds.Register(build, {}, {}), Status());
  const auto claimed = s.builds.ClaimAll({{build.id, IdOf<HostId>(1)}}, 1h);
  EXPECT_EQ(sent, 2);
  ASSERT_EQ(claimed->size(), 1u);
  EXPECT_EQ(claimed->front().attempt, 1);
  EXPECT_EQ(s.builds.Renew(build.id, claimed->front().lease.token, 1h), Status());
}

// How long three kinds of waits take on a database that says nothing: for an answer, for a
// connection, for a session that others use.
std::array<Duration, 3> SilentWaits(const std::string& connection) {
  Proxy proxy(connection, Postgres().socket(), [] { return Fate::kPass; });
  PgOptions options;
  options.connection = proxy.connection();
  options.statement_limit = 400ms;
  options.connect_limit = 300ms;
  options.wait_limit = 200ms;
  options.connections = 1;
  PgStore store(options, TestSealer(), SystemRandom());
  EXPECT_TRUE(store.store().apps.List().ok());
  proxy.Silence();
  const auto timed = [&] {
    const Duration begin = SystemClock().Monotonic();
    const Status status = store.store().users.List().status();
    EXPECT_EQ(status.code(), Code::kUnavailable);
    EXPECT_EQ(status.reason(), "DatabaseSlow");
    return SystemClock().Monotonic() - begin;
  };
  std::array<Duration, 3> waits{timed(), timed(), Duration()};
  std::jthread holder([&] { (void)store.store().users.List(); });
  std::this_thread::sleep_for(20ms);
  waits[2] = timed();
  return waits;
}

TEST(PgStoreOutcome, SilentDatabase_HoldsNoThreadBeyondItsDeadline) {
  const std::string connection = Postgres().CleanDatabase();
  std::array<Duration, 3> least{1h, 1h, 1h};  // of a few, since a busy machine may be late itself
  for (int run = 0; run < 3; ++run) {
    const auto waits = SilentWaits(connection);
    for (size_t i = 0; i < least.size(); ++i) least[i] = std::min(least[i], waits[i]);
  }
  EXPECT_LT(least[0], 400ms + 100ms);
  EXPECT_LT(least[1], 300ms + 100ms);
  EXPECT_LT(least[2], 300ms + 100ms) << "a session that comes free may be connected yet";
}

}  // namespace
}  // namespace ns::store
