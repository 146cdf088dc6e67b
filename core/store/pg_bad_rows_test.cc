// Rows that cannot be read: whoever reads many goes on without them, whoever works on one is told.
#include <gmock/gmock.h>

#include "ports/testing/store_contract_base.h"
#include "store/pg_store.h"
#include "store/testing/inbox.h"
#include "store/testing/test_postgres.h"

namespace ns::store {
namespace {

using ports::testing::IdOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Postgres;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class PgBadRows : public ::testing::Test {
 protected:
  PgBadRows()
      : connection_(Postgres().CleanDatabase()),
        store_({.connection = connection_, .connections = 4}, testing::TestSealer(),
               SystemRandom()),
        s(store_.store()) {
    model::Repository repository;
    repository.id = IdOf<RepositoryId>(1);
    repository.name = "repo";
    repository.url = "https://example.com/r";
    EXPECT_EQ(s.repositories.Insert(repository), Status());
    for (int n : {1, 2}) {
      model::Application app;
      app.id = IdOf<AppId>(n);
      app.name = "app";
      app.repository = repository.id;
      app.backend = "docker";
      app.commit = std::string(40, 'a');
      EXPECT_EQ(s.apps.Insert(app, nullptr), Status());
      model::Build build;
      build.id = IdOf<BuildId>(n);
      build.app = app.id;
      build.commit = app.commit;
      build.build_key = "key";
      EXPECT_EQ(s.builds.Register(build, {}, {}), Status());
    }
  }

  void Run(const std::string& sql) { Postgres().Execute(connection_, sql); }

  const std::string connection_;
  PgStore store_;
  ports::Store s;
};

TEST_F(PgBadRows, QueuedBuild_IsLeftOut_AndStopsItsOwnApplicationAlone) {
  Run("UPDATE builds SET not_before = 'infinity' WHERE id = '" + IdOf<BuildId>(2).str() + "'");
  const auto queue = s.builds.Queue();
  ASSERT_TRUE(queue.ok()) << queue.status().ToString();
  ASSERT_THAT(queue->queued, SizeIs(1));
  EXPECT_EQ(queue->queued[0].id, IdOf<BuildId>(1));
  EXPECT_THAT(queue->apps, SizeIs(2));
  const auto all = s.listings.Builds({}, 0, 10);
  ASSERT_TRUE(all.ok()) << all.status().ToString();
  EXPECT_THAT(*all, SizeIs(1));
  EXPECT_TRUE(s.builds.ListByApp(IdOf<AppId>(2), 10).ok());
  EXPECT_TRUE(s.deploys.Snapshot(IdOf<AppId>(2)).ok()) << "people still see the rest of it";

  const Status alone = s.builds.Get(IdOf<BuildId>(2)).status();
  EXPECT_EQ(alone.code(), Code::kInternal);
  EXPECT_THAT(alone.message(), HasSubstr(IdOf<BuildId>(2).str()));
  EXPECT_THAT(alone.message(), HasSubstr("infinity"));
  model::Host host;
  host.id = IdOf<HostId>(7);
  ASSERT_TRUE(s.hosts.Beat(host, 1min).ok());
  EXPECT_TRUE(s.deploys.Take(IdOf<AppId>(1), IdOf<HostId>(7), {"docker"}).ok());
  // The engine makes the condition Quarantined of this code.
  EXPECT_EQ(s.deploys.Take(IdOf<AppId>(2), IdOf<HostId>(7), {"docker"}).status().code(),
            Code::kInternal);

  Run("UPDATE builds SET not_before = NULL");
  EXPECT_THAT(s.builds.Queue()->queued, SizeIs(2));
  EXPECT_TRUE(s.deploys.Take(IdOf<AppId>(2), IdOf<HostId>(7), {"docker"}).ok());
}

TEST_F(PgBadRows, RunningBuild_IsLeftOut) {
  for (int n : {1, 2}) ASSERT_TRUE(s.builds.Claim(IdOf<BuildId>(n), IdOf<HostId>(7), 1min).ok());
  Run("UPDATE builds SET lease_expires = 'infinity', started_at = 'infinity' WHERE id = '" +
      IdOf<BuildId>(1).str() + "'");
  const auto queue = s.builds.Queue();
  ASSERT_TRUE(queue.ok()) << queue.status().ToString();
  ASSERT_THAT(queue->building, SizeIs(1));
  EXPECT_EQ(queue->building[0].id, IdOf<BuildId>(2));
}

TEST_F(PgBadRows, Application_IsLeftOut_AndStillHoldsItsAddress) {
  model::Application held;
  held.id = IdOf<AppId>(3);
  held.name = "held";
  held.repository = IdOf<RepositoryId>(1);
  held.websites.push_back({.id = IdOf<WebsiteId>(1), .fqdn = "a.example.com"});
  ASSERT_EQ(s.apps.Insert(held, nullptr), Status());
  Run("UPDATE applications SET created_at = '-infinity' WHERE id = '" + held.id.str() + "'");
  const auto apps = s.apps.List();
  ASSERT_TRUE(apps.ok()) << apps.status().ToString();
  EXPECT_THAT(*apps, SizeIs(2));
  const Status alone = s.apps.Get(held.id).status();
  EXPECT_EQ(alone.code(), Code::kInternal);
  EXPECT_THAT(alone.message(), HasSubstr(held.id.str()));

  model::Application next = held;
  next.id = IdOf<AppId>(4);
  next.websites.clear();
  std::vector<std::string> fqdns;
  const auto look = [&](const std::vector<ports::Holding>& holdings) -> Status {
    for (const auto& holding : holdings)
      for (const auto& site : holding.websites) fqdns.push_back(site.fqdn);
    return {};
  };
  EXPECT_EQ(s.apps.Insert(next, look), Status()) << "others are made and edited";
  EXPECT_THAT(fqdns, ElementsAre("a.example.com"));
}

TEST_F(PgBadRows, Commit_IsLeftOut) {
  Run("INSERT INTO commits (hash, authored_at) VALUES ('" + std::string(40, 'a') +
      "', '20000-01-01'), ('" + std::string(40, 'b') + "', now())");
  const auto commits = s.repositories.Commits({std::string(40, 'a'), std::string(40, 'b')});
  ASSERT_TRUE(commits.ok()) << commits.status().ToString();
  ASSERT_THAT(*commits, SizeIs(1));
  EXPECT_EQ((*commits)[0].hash, std::string(40, 'b'));
}

}  // namespace
}  // namespace ns::store
