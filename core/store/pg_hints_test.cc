// LISTEN where things go wrong: floods, garbage, a server that says nothing any more.
#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <thread>

#include "store/testing/inbox.h"
#include "store/testing/proxy.h"
#include "store/testing/test_postgres.h"

namespace ns::store {
namespace {

using ports::Hint;
using testing::Postgres;
using testing::Proxy;
using namespace std::chrono_literals;

const Hint kQueue{Hint::Kind::kQueue, ""};

PgOptions OptionsOf(const std::string& connection) {
  PgOptions options;
  options.connection = connection;
  return options;
}

TEST(PgStoreHints, Flood_TellsWhatIsPendingOnce) {
  const std::string connection = Postgres().NewDatabase();
  PgStore store(OptionsOf(connection), testing::TestSealer(), SystemRandom());
  std::atomic<int> told{0};
  std::atomic<bool> busy{true};
  store.store().hints.Subscribe([&](const Hint& hint) {
    told += hint.kind == Hint::Kind::kApplication;
    while (busy && hint.id == "first") std::this_thread::sleep_for(1ms);
  });
  testing::Inbox inbox(store);
  (void)inbox.Until(kQueue);
  Postgres().Execute(connection, "SELECT pg_notify('ns_hints', 'application:first')");
  while (told == 0) std::this_thread::sleep_for(1ms);
  // Each in a transaction of its own, since PostgreSQL itself drops doubles within one.
  Postgres().Execute(
      connection,
      "DO $$ BEGIN FOR n IN 1..100000 LOOP PERFORM "
      "pg_notify('ns_hints', 'application:app' || n % 100); COMMIT; END LOOP; END $$");
  Postgres().Execute(connection, "SELECT pg_notify('ns_hints', 'repository:last')");
  busy = false;
  const auto hints = inbox.Until({Hint::Kind::kRepository, "last"});
  std::set<std::string> apps;
  for (const Hint& hint : hints) apps.insert(hint.id);
  EXPECT_EQ(apps.size(), 102u) << "each of them, the first and the last";
  // How many come at once is the machine's doing; without merging it is all of them.
  EXPECT_LT(told, 30'000) << "of 100,000";
  RecordProperty("told", told.load());
  std::printf("100,000 hints of 100 applications were told as %d\n", told.load());
}

TEST(PgStoreHints, Garbage_IsPassedOver) {
  const std::string connection = Postgres().NewDatabase();
  PgStore store(OptionsOf(connection), testing::TestSealer(), SystemRandom());
  testing::Inbox inbox(store);
  (void)inbox.Until(kQueue);
  Postgres().Execute(
      connection,
      "SELECT pg_notify('ns_hints', repeat('x', 7999)), pg_notify('ns_hints', "
      "'application:' || repeat('a', 7900)), pg_notify('ns_hints', ''), "
      "pg_notify('ns_hints', E'build:\\x01 \\n'), pg_notify('ns_hints', 'nothing:1')");
  Postgres().Execute(connection, "SELECT pg_notify('ns_hints', 'application:real')");
  const Hint real{Hint::Kind::kApplication, "real"};
  EXPECT_THAT(inbox.Until(real), ::testing::ElementsAre(real));
}

TEST(PgStoreHints, ServerThatFallsSilent_IsNoticedWithinTenSeconds) {
  const std::string connection = Postgres().NewDatabase();
  auto proxy =
      std::make_unique<Proxy>(connection, Postgres().socket(), [] { return Proxy::Fate::kPass; });
  PgStore store(OptionsOf(proxy->connection()), testing::TestSealer(), SystemRandom());
  testing::Inbox inbox(store);
  (void)inbox.Until(kQueue);
  const Duration begin = SystemClock().Monotonic();
  proxy->Mute();              // what is open says nothing more; new connections work
  (void)inbox.Until(kQueue);  // it has connected anew, and hints everything
  EXPECT_LT(SystemClock().Monotonic() - begin, 10s);
}

}  // namespace
}  // namespace ns::store
