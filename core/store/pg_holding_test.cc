// Two hosts that take one thing at the same instant: one has it.
#include <gmock/gmock.h>

#include <array>
#include <thread>

#include "store/connection.h"
#include "store/pg_store.h"
#include "store/testing/inbox.h"
#include "store/testing/test_postgres.h"

namespace ns::store {
namespace {

using testing::Postgres;
using namespace std::chrono_literals;

PgOptions OptionsOf(const std::string& connection) {
  PgOptions options;
  options.connection = connection;
  return options;
}

// How many sessions of that database wait for a lock of another.
int Waiting(Connection& connection) {
  const Rows rows = connection
                        .Run(
                            "SELECT count(*)::int FROM pg_stat_activity WHERE datname = "
                            "current_database() AND wait_event_type = 'Lock'")
                        .value();
  int waiting = 0;
  Row row = rows[0];
  row >> waiting;
  return waiting;
}

TEST(PgStoreHolding, TwoHostsTakeOneRowAtOnce_OneHasIt) {
  const std::string connection = Postgres().NewDatabase();
  PgStore store(OptionsOf(connection), testing::TestSealer(), SystemRandom());
  const ports::Store s = store.store();
  model::Repository repository;
  repository.id = RepositoryId("0000000000000000000001");
  repository.name = "repo";
  repository.url = "https://git.example.com/repo";
  repository.owners = {s.users.Ensure("alice", false).value().id};
  ASSERT_EQ(s.repositories.Insert(repository), Status());
  const std::array hosts{HostId("0000000000000000000007"), HostId("0000000000000000000008")};
  for (const HostId& id : hosts) {
    model::Host host;
    host.id = id;
    ASSERT_TRUE(s.hosts.Beat(host, 1min).ok());
  }

  // Both find it free and come to wait for the row, as behind any other write to it.
  auto lock = Connection::Open(connection, 10s, 60s).value();
  ASSERT_TRUE(lock->RunScript("BEGIN; SELECT id FROM repositories FOR UPDATE").ok());
  std::array<Status, 2> taken;
  {
    std::array<std::jthread, 2> takers;
    for (size_t i = 0; i < hosts.size(); ++i) {
      takers[i] = std::jthread(
          [&, i] { taken[i] = s.repositories.Take(repository.id, hosts[i]).status(); });
    }
    auto look = Connection::Open(connection, 10s, 60s).value();
    while (Waiting(*look) < 2) std::this_thread::sleep_for(5ms);
    ASSERT_TRUE(lock->RunScript("COMMIT").ok());
  }
  EXPECT_EQ(taken[0].ok() + taken[1].ok(), 1) << taken[0].ToString() << "\n" << taken[1].ToString();
  const Status& refused = taken[taken[0].ok() ? 1 : 0];
  EXPECT_EQ(refused.reason(), model::kHeldElsewhere) << refused.ToString();
  // And so it stays.
  for (size_t i = 0; i < hosts.size(); ++i)
    EXPECT_EQ(s.repositories.Take(repository.id, hosts[i]).ok(), taken[i].ok());
}

}  // namespace
}  // namespace ns::store
