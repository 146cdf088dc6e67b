// PgStore where things go wrong: the database dies, hangs, is full of others' sessions, has an old
// schema, or was sealed with another key.
#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "ports/testing/store_contract_base.h"
#include "store/pg_store.h"
#include "store/schema.h"
#include "store/testing/inbox.h"
#include "store/testing/test_postgres.h"

namespace ns::store {
namespace {

using ports::Hint;
using ports::testing::IdOf;
using testing::Postgres;
using testing::TestSealer;
using namespace std::chrono_literals;

PgOptions OptionsOf(const std::string& connection) {
  PgOptions options;
  options.connection = connection;
  options.connections = 3;
  return options;
}

// A repository with an application that holds a secret.
AppId Fill(const ports::Store& s) {
  model::Repository repository;
  repository.id = IdOf<RepositoryId>(1);
  repository.name = "repo";
  repository.url = "https://example.com/r";
  repository.credentials = {model::GitAuth::kBasic, "user", Secret("repository-password"),
                            Secret("private-key")};
  EXPECT_EQ(s.repositories.Insert(repository), Status());
  model::Application app;
  app.id = IdOf<AppId>(1);
  app.name = "app";
  app.repository = repository.id;
  app.env = {{"TOKEN", Secret("environment-value")}};
  EXPECT_EQ(s.apps.Insert(app, nullptr), Status());
  const UserId alice = s.users.Ensure("alice", false)->id;
  EXPECT_EQ(s.users.SaveKey({IdOf<KeyId>(1), alice, "ssh-ed25519 AAAA", Secret("generated-key"),
                             Time(24h * 365 * 200)}),
            Status());
  return app.id;
}

TEST(PgStoreFaults, Secrets_AreSealedInTheDatabase) {
  const std::string connection = Postgres().CleanDatabase();
  PgStore store(OptionsOf(connection), TestSealer(), SystemRandom());
  Fill(store.store());
  Postgres().Execute(
      connection,
      "DO $$ BEGIN"
      " ASSERT (SELECT count(*) FROM environment WHERE position('environment-value' IN "
      "encode(value_sealed, 'escape')) > 0) = 0;"
      " ASSERT (SELECT count(*) FROM repositories WHERE position('repository-password' IN "
      "encode(password_sealed, 'escape')) > 0) = 0;"
      " ASSERT (SELECT count(*) FROM generated_keys WHERE position('generated-key' IN "
      "encode(private_sealed, 'escape')) > 0) = 0;"
      " ASSERT (SELECT min(seal_key) FROM environment) = 'key-1';"
      " ASSERT (SELECT min(seal_key) FROM repositories) = 'key-1'; END $$");
}

TEST(PgStoreFaults, AnotherKey_OpensNothingAndSaysWhy) {
  const std::string connection = Postgres().CleanDatabase();
  PgStore store(OptionsOf(connection), TestSealer(), SystemRandom());
  const AppId app = Fill(store.store());
  // Where it shall run, its values are needed.
  ASSERT_EQ(store.store().apps.SetDesired(app, model::DesiredState::kRunning, false), Status());
  PgStore other(OptionsOf(connection), TestSealer('x'), SystemRandom());
  const Status status = other.store().deploys.Take(app, ports::kNobody, {}).status();
  EXPECT_EQ(status.code(), Code::kInternal);
  EXPECT_EQ(status.reason(), "SealBroken");
  EXPECT_THAT(status.message(), ::testing::HasSubstr("key file"));
  EXPECT_TRUE(other.store().apps.List().ok()) << "what holds no secret can be read";
}

TEST(PgStoreFaults, SecretMovedToAnotherRow_DoesNotOpen) {
  const std::string connection = Postgres().CleanDatabase();
  PgStore store(OptionsOf(connection), TestSealer(), SystemRandom());
  const AppId app = Fill(store.store());
  Postgres().Execute(connection,
                     "INSERT INTO environment (application_id, name, value_sealed, seal_key)"
                     " SELECT application_id, 'COPY', value_sealed, seal_key FROM environment");
  ASSERT_EQ(store.store().apps.SetDesired(app, model::DesiredState::kRunning, false), Status());
  EXPECT_EQ(store.store().deploys.Take(app, ports::kNobody, {}).status().reason(), "SealBroken");
}

TEST(PgStoreFaults, Check_WithoutSchemaOrWithAnOlderOne_NamesTheCommand) {
  const std::string connection = Postgres().NewEmptyDatabase();
  PgStore store(OptionsOf(connection), TestSealer(), SystemRandom());
  EXPECT_EQ(store.Check().reason(), "SchemaOld");
  EXPECT_THAT(store.Check().message(), ::testing::HasSubstr("nsd migrate"));
  EXPECT_EQ(store.store().apps.List().status().reason(), "SchemaDiffers");

  const std::string with_schema = Postgres().CleanDatabase();
  PgStore second(OptionsOf(with_schema), TestSealer(), SystemRandom());
  EXPECT_EQ(second.Check().reason(), "SchemaOld") << "no number is recorded";
  const auto record = [&](int number) {
    Postgres().Execute(
        with_schema,
        "INSERT INTO schema_info (number, applied_with) VALUES (" + std::to_string(number) +
            ", 'test') ON CONFLICT (singleton) DO UPDATE SET number = excluded.number");
  };
  record(kSchemaNumber - 1);
  EXPECT_EQ(second.Check().code(), Code::kPrecondition);
  record(kSchemaNumber);
  EXPECT_EQ(second.Check(), Status());
  record(kSchemaNumber + 1);
  EXPECT_EQ(second.Check(), Status()) << "old and new programs run on one schema during an upgrade";
}

TEST(PgStoreFaults, NoDatabase_IsUnavailable) {
  PgStore nowhere(OptionsOf("host=/nonexistent dbname=x"), TestSealer(), SystemRandom());
  const Status status = nowhere.store().apps.List().status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), ::testing::HasSubstr("/nonexistent"));
  EXPECT_EQ(nowhere.Check().code(), Code::kUnavailable);
}

TEST(PgStoreFaults, TextThatPostgresCannotHold_IsInvalidAndLeavesTheStoreUsable) {
  PgStore store(OptionsOf(Postgres().CleanDatabase()), TestSealer(), SystemRandom());
  const ports::Store s = store.store();
  const AppId id = Fill(s);
  for (const std::string& name : {std::string("a\0b", 3), std::string("\xff\xfe")}) {
    model::Application app = s.apps.Get(id).value();
    app.name = name;
    EXPECT_EQ(s.apps.Update(app, app.updated_at, nullptr).code(), Code::kInvalid);
  }
  EXPECT_EQ(s.apps.Get(id)->name, "app");
}

TEST(PgStoreFaults, EverySessionInUse_IsUnavailableAfterTheWaitLimit) {
  PgOptions options = OptionsOf(Postgres().CleanDatabase());
  options.connections = 1;
  options.wait_limit = 50ms;
  PgStore store(options, TestSealer(), SystemRandom());
  const ports::Store s = store.store();
  const AppId id = Fill(s);
  model::Application app = s.apps.Get(id).value();
  Status inner;
  EXPECT_EQ(s.apps.Update(app, app.updated_at,
                          [&](const auto&) {
                            inner = s.apps.List().status();
                            return Status();
                          }),
            Status());
  EXPECT_EQ(inner.code(), Code::kUnavailable);
  EXPECT_TRUE(s.apps.List().ok());
}

TEST(PgStoreFaults, SessionsThatNobodyNeeds_AreClosed) {
  const std::string connection = Postgres().NewDatabase();
  PgOptions options = OptionsOf(connection);
  options.idle_limit = 100ms;
  PgStore store(options, TestSealer(), SystemRandom());
  const ports::Store s = store.store();
  // A session that is closed ends a moment later.
  const auto until_sessions_are = [&](int count) {
    Postgres().Execute(
        connection,
        "DO $$ BEGIN FOR i IN 1..600 LOOP EXIT WHEN (SELECT count(*) FROM pg_stat_activity WHERE "
        "application_name = 'neoshowcase' AND datname = current_database()) = " +
            std::to_string(count) +
            "; PERFORM pg_sleep(0.05); PERFORM pg_stat_clear_snapshot(); ASSERT i < 600; END LOOP; "
            "END $$");
  };
  const AppId id = Fill(s);
  model::Application app = s.apps.Get(id).value();
  EXPECT_EQ(s.apps.Update(app, app.updated_at, [&](const auto&) { return s.apps.List().status(); }),
            Status());
  until_sessions_are(2);
  std::this_thread::sleep_for(150ms);
  EXPECT_TRUE(s.apps.List().ok());  // takes the one used last
  until_sessions_are(1);
  EXPECT_TRUE(s.apps.List().ok());
}

TEST(PgStoreFaults, StatementThatHangs_EndsAtItsLimitAndTheStoreGoesOn) {
  const std::string connection = Postgres().CleanDatabase();
  PgOptions options = OptionsOf(connection);
  options.statement_limit = 200ms;
  PgStore quick(options, TestSealer(), SystemRandom());
  PgStore holder(OptionsOf(connection), TestSealer(), SystemRandom());
  const AppId id = Fill(holder.store());
  model::Application app = holder.store().apps.Get(id).value();
  Status waited;
  EXPECT_EQ(holder.store().apps.Update(app, app.updated_at,
                                       [&](const auto&) {
                                         waited = quick.store().apps.SetDesired(
                                             id, model::DesiredState::kRunning,
                                             false);  // the row is locked
                                         return Status();
                                       }),
            Status());
  EXPECT_EQ(waited.code(), Code::kUnavailable);
  EXPECT_EQ(quick.store().apps.SetDesired(id, model::DesiredState::kRunning, false), Status());
}

TEST(PgStoreFaults, SessionsEndedByTheServer_AreReplacedUnseen) {
  const std::string connection = Postgres().CleanDatabase();
  PgStore store(OptionsOf(connection), TestSealer(), SystemRandom());
  const AppId id = Fill(store.store());
  Postgres().Execute(connection,
                     "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                     "application_name = 'neoshowcase'");
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(store.store().apps.Get(id).ok());
}

TEST(PgStoreFaults, ReadOnlyServer_IsReadAndSaysWhyItTakesNoWrite) {
  const std::string connection = Postgres().NewDatabase();
  PgStore store(OptionsOf(connection), TestSealer(), SystemRandom());
  const ports::Store s = store.store();
  const AppId id = Fill(s);
  const model::Application before = s.apps.Get(id).value();
  Postgres().Execute(connection, "INSERT INTO schema_info (number, applied_with) VALUES (" +
                                     std::to_string(kSchemaNumber) + ", 'test')");
  // Takes effect with the next session.
  const auto set_read_only = [&](const std::string& value) {
    const std::string name = connection.substr(connection.find("dbname='") + 8);
    Postgres().Execute(ClusterConnection(Postgres().socket(), "postgres"),
                       "ALTER DATABASE " + name.substr(0, name.find('\'')) +
                           " SET default_transaction_read_only = " + value +
                           "; SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
                           "application_name = 'neoshowcase'");
  };
  set_read_only("on");
  EXPECT_EQ(s.apps.Get(id).value(), before);
  for (const Status& status : {s.apps.SetDesired(id, model::DesiredState::kRunning, false),
                               s.builds.Renew(IdOf<BuildId>(1), "token", 1h),
                               s.users.Ensure("bob", false).status(), store.Check()}) {
    EXPECT_EQ(status.code(), Code::kUnavailable) << status.ToString();
    EXPECT_EQ(status.reason(), "DatabaseReadOnly") << status.ToString();
    EXPECT_EQ(status.fault(), Fault::kOperator);
  }
  set_read_only("off");
  EXPECT_EQ(s.apps.Get(id).value(), before);
  EXPECT_EQ(s.apps.SetDesired(id, model::DesiredState::kRunning, false), Status());
}

TEST(PgStoreFaults, ServerKilled_IsUnavailableThenEverythingIsThereAgainAndHintsToo) {
  const std::string connection = Postgres().NewDatabase();
  PgStore store(OptionsOf(connection), TestSealer(), SystemRandom());
  const ports::Store s = store.store();
  testing::Inbox inbox(store);
  (void)inbox.Until({Hint::Kind::kQueue, ""});
  const AppId id = Fill(s);
  const model::Application before = s.apps.Get(id).value();
  (void)inbox.Until({Hint::Kind::kApplication, id.str()});
  Postgres().Execute(connection, "CHECKPOINT");

  Postgres().Kill();
  EXPECT_EQ(s.apps.Get(id).status().code(), Code::kUnavailable);
  EXPECT_EQ(s.apps.SetDesired(id, model::DesiredState::kRunning, false).code(), Code::kUnavailable);
  EXPECT_EQ(store.Check().code(), Code::kUnavailable);
  Postgres().Start();
  EXPECT_EQ(s.apps.Get(id).value(), before);
  const auto caught_up = inbox.Until({Hint::Kind::kQueue, ""});
  EXPECT_THAT(caught_up, ::testing::Contains(Hint{Hint::Kind::kApplication, id.str()}))
      << "anything may have changed";
  EXPECT_EQ(s.apps.SetDesired(id, model::DesiredState::kRunning, false), Status());
  (void)inbox.Until({Hint::Kind::kApplication, id.str()});
}

TEST(PgStoreFaults, ServerKilledUnderWrites_LosesNothingThatWasConfirmed) {
  const std::string connection = Postgres().NewDatabase();
  PgStore store(OptionsOf(connection), TestSealer(), SystemRandom());
  const ports::Store s = store.store();
  std::atomic<bool> stop{false};
  std::vector<std::string> confirmed;
  std::jthread writer([&] {
    for (int n = 0; !stop; ++n) {
      const std::string name = "user" + std::to_string(n);
      if (s.users.Ensure(name, false).ok()) confirmed.push_back(name);
    }
  });
  std::this_thread::sleep_for(200ms);
  Postgres().Kill();
  std::this_thread::sleep_for(50ms);
  stop = true;
  writer.join();
  Postgres().Start();
  std::set<std::string> stored;
  const auto users = s.users.List().value();
  for (const auto& user : users) stored.insert(user.name);
  EXPECT_GT(confirmed.size(), 10u);
  for (const std::string& name : confirmed) EXPECT_TRUE(stored.contains(name)) << name;
  EXPECT_LE(stored.size(), confirmed.size() + 1) << "at most the one whose outcome is unknown";
}

TEST(Cluster, PreparedTwice_IsTheSameAndKeepsItsData) {
  const std::string folder = "/dev/shm/ns-store-test-" + std::to_string(getpid()) + "/second";
  std::filesystem::create_directories(folder);
  ClusterOptions options{.data = folder + "/data",
                         .socket = folder + "/socket",
                         .programs = "",
                         .account = std::nullopt};
  std::optional<Result<supervise::HelperSpec>> one, two;
  {
    std::jthread first([&] { one.emplace(PrepareCluster(options, SystemClock())); });
    std::jthread second([&] { two.emplace(PrepareCluster(options, SystemClock())); });
  }
  ASSERT_EQ(one->status(), Status());
  ASSERT_EQ(two->status(), Status());
  EXPECT_EQ((*one)->argv, (*two)->argv);
  EXPECT_EQ((*one)->name, "postgres");
  EXPECT_FALSE(std::filesystem::exists(options.data + ".new"));
  EXPECT_TRUE(std::filesystem::exists(options.data + "/PG_VERSION"));
  EXPECT_NE((*one)->health(), Status()) << "nothing runs yet";
}

TEST(Cluster, UnfinishedOne_IsMadeAnew) {
  const std::string folder = "/dev/shm/ns-store-test-" + std::to_string(getpid()) + "/third";
  std::filesystem::create_directories(folder + "/data.new/base");
  ClusterOptions options{.data = folder + "/data",
                         .socket = folder + "/socket",
                         .programs = "",
                         .account = std::nullopt};
  EXPECT_EQ(PrepareCluster(options, SystemClock()).status(), Status());
  EXPECT_TRUE(std::filesystem::exists(options.data + "/PG_VERSION"));
}

TEST(Cluster, OfAVersionThatIsNotInstalled_SaysWhatToInstall) {
  const std::string folder = "/dev/shm/ns-store-test-" + std::to_string(getpid()) + "/fourth";
  std::filesystem::create_directories(folder + "/data");
  FILE* file = std::fopen((folder + "/data/PG_VERSION").c_str(), "w");
  std::fputs("9\n", file);
  std::fclose(file);
  ClusterOptions options{.data = folder + "/data",
                         .socket = folder + "/socket",
                         .programs = "",
                         .account = std::nullopt};
  const Status status = PrepareCluster(options, SystemClock()).status();
  EXPECT_EQ(status.code(), Code::kPrecondition);
  EXPECT_THAT(status.message(), ::testing::HasSubstr("postgresql-9"));
  options.programs = "/nonexistent";
  EXPECT_THAT(PrepareCluster(options, SystemClock()).status().message(),
              ::testing::HasSubstr("/nonexistent"));
}

TEST(Cluster, Connection_QuotesWhatNeedsIt) {
  EXPECT_EQ(ClusterConnection("/a b/it's", "x"),
            R"(host='/a b/it\'s' port=5432 user=neoshowcase dbname='x')");
  EXPECT_EQ(ClusterConnection("/s"), "host='/s' port=5432 user=neoshowcase dbname='neoshowcase'");
}

}  // namespace
}  // namespace ns::store
