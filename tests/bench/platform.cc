#include "platform.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "act/hints.h"
#include "plan/keys.h"
#include "plan/test_snapshots.h"
#include "reconcile/loops.h"

namespace ns::bench {
namespace {

using plan::testing::IdOf;
using plan::testing::kCommitA;
using plan::testing::kKey;
using reconcile::LoopId;
using namespace std::chrono_literals;

constexpr Duration kOnlyWhenAsked = 24h;

void Require(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

std::string Schema() {
  std::ifstream file(NS_SCHEMA_FILE);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

AppId Platform::App(int number) { return IdOf<AppId>(number); }
RepositoryId Platform::Repository(int number) { return IdOf<RepositoryId>(number); }

Platform::Platform(ScratchPostgres& postgres, int applications, bool built, Duration deploy)
    : remotes(kCommitA),
      backend(deploy),
      host(IdOf<HostId>(1)),
      postgres_(postgres),
      store_({.connection = postgres.connection()}, Sealer("key-1", Secret(std::string(32, 's'))),
             SystemRandom()),
      parts_{store_.store(), remotes,       registry_, {{"fake", &backend}},
             SystemRandom(), SystemClock(), host} {
  postgres_.Do("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  postgres_.Do("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
  postgres_.Do(Schema());
  model::Host self;
  self.id = host;
  self.roles = {"controller", "builder"};
  self.build_slots = 100'000;
  Require(store().hosts.Beat(self, 24h).status());
  MakeTemplate();
  Multiply(applications, built);
}

Platform::~Platform() {
  listener_ = std::jthread();  // ends before the driver that it wakes
  driver_.reset();
}

void Platform::MakeTemplate() {
  const auto user = store().users.Ensure("alice", false);
  Require(user.status());
  model::Repository repository;
  repository.id = IdOf<RepositoryId>(0);
  repository.url = "https://git.test/0";
  repository.owners = {user->id};
  Require(store().repositories.Insert(repository));
  model::Application app;
  app.id = App(0);
  app.name = "template";
  app.repository = repository.id;
  app.ref = "main";
  app.commit = kCommitA;
  app.build = {"runtime-cmd", "{}"};
  app.owners = {user->id};
  app.backend = "fake";
  app.desired = model::DesiredState::kRunning;
  Require(store().apps.Insert(app, [](const auto&) { return Status(); }));
}

// Rows of many applications, made inside the database; variables are sealed for their row, so they
// are written one by one.
void Platform::Multiply(int applications, bool built) {
  const std::string each = " generate_series(1, " + std::to_string(applications) + ") n";
  const std::string id = "lpad(n::text, 22, '0')";
  const auto copy = [&](const std::string& table, const std::string& changes,
                        const std::string& key) {
    postgres_.Do("INSERT INTO " + table +
                 " OVERRIDING USER VALUE SELECT (jsonb_populate_record(t, "
                 "jsonb_build_object(" +
                 changes + "))).* FROM " + table + " t," + each + " WHERE t." + key + " = '" +
                 App(0).str() + "'");
  };
  copy("repositories", "'id', " + id + ", 'url', 'https://git.test/' || n", "id");
  copy("repository_owners", "'repository_id', " + id, "repository_id");
  copy("applications", "'id', " + id + ", 'name', 'app' || n, 'repository_id', " + id, "id");
  copy("application_owners", "'application_id', " + id, "application_id");
  postgres_.Do(
      "DELETE FROM applications WHERE name = 'template'; DELETE FROM repositories WHERE "
      "url = 'https://git.test/0'");
  postgres_.Do(
      "INSERT INTO websites (id, application_id, ordinal, fqdn, path_prefix, port) SELECT " + id +
      ", " + id + ", 0, 'app' || n || '.test', '/', 8080 FROM" + each);
  std::vector<std::jthread> writers;
  for (int first = 1; first <= 4; ++first) {
    writers.emplace_back([this, first, applications] {
      for (int n = first; n <= applications; n += 4)
        Require(store().apps.SetEnv(
            App(n), {"COLOUR", Secret("a value"), model::EnvScope::kRun, false, false}));
    });
  }
  writers.clear();
  if (!built) return;
  const auto app = store().apps.Get(App(1));
  Require(app.status());
  postgres_.Do(
      "INSERT INTO builds (id, application_id, commit_hash, build_key, status, attempt, "
      "finished_at, image_reference, image_digest) SELECT " +
      id + ", " + id + ", '" + kCommitA + "', '" + plan::BuildKey(kKey, *app, kCommitA) +
      "', 2, 1, now(), 'r:5000/' || n || ':b', 'sha256:' || repeat('a', 64) FROM" + each);
  postgres_.Do("ANALYZE");
}

// As the host's controller does, but relists only when asked.
void Platform::Start() {
  driver_ = std::make_unique<act::Driver>(
      [this](const reconcile::Effect& effect, std::stop_token cancel) {
        reconcile::Outcome outcome = act::Perform(effect, parts_, std::move(cancel));
        ++effects_;
        std::lock_guard lock(mutex_);
        if (watcher_) watcher_(effect, outcome);
        return outcome;
      },
      act::kControllerLanes, parts_.random, parts_.clock);
  const auto keyed = [](int in_flight, std::set<LoopId> apart = {}) {
    return reconcile::LoopOptions{
        .period = kOnlyWhenAsked, .in_flight = in_flight, .apart_from = std::move(apart)};
  };
  const reconcile::LoopOptions queue{.period = kOnlyWhenAsked, .in_flight = 1, .keyed = false};
  driver_->Add(reconcile::NewFetcher(), keyed(8));
  driver_->Add(reconcile::NewRegisterer(kKey), keyed(8));
  driver_->Add(reconcile::NewReleaser(kKey), keyed(8));
  driver_->Add(reconcile::NewStarter(), queue);
  driver_->Add(reconcile::NewCrashDetector(), queue);
  driver_->Add(reconcile::NewSynchronizer({1, "http://127.0.0.1:1", kKey}),
               keyed(8, {LoopId::kObserver}));
  driver_->Add(reconcile::NewObserver({1, "http://127.0.0.1:1"}),
               keyed(8, {LoopId::kSynchronizer}));
  driver_->Add(reconcile::NewCleaner({}), keyed(2));
  store().hints.Subscribe([this](const ports::Hint& hint) {
    for (reconcile::Wake& wake : act::WakesFor(hint)) driver_->Wake(std::move(wake));
  });
  driver_->Start();
  listener_ = std::jthread([this](const std::stop_token& stop) { store_.Listen(stop); });
}

void Platform::Quiet() {
  int64_t before = -1;
  while (before != effects_) {
    before = effects_;
    std::this_thread::sleep_for(1s);
  }
}

}  // namespace ns::bench
