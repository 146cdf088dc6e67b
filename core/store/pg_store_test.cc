#include "store/pg_store.h"

#include <condition_variable>
#include <utility>

#include "ports/testing/store_contract.h"
#include "store/testing/test_postgres.h"

namespace ns::store {
namespace {

using ports::testing::StoreContract;
using ports::testing::StoreFactory;
using ports::testing::StoreUnderTest;
using ports::Hint;
using namespace std::chrono_literals;

Sealer TestSealer(char letter = 'k') { return Sealer("key-1", Secret(std::string(32, letter))); }

// Hints as a listener of its own receives them.
class Inbox {
 public:
  explicit Inbox(PgStore& store) : store_(store) {
    store_.store().hints.Subscribe([this](const Hint& hint) {
      std::lock_guard lock(mutex_);
      hints_.push_back(hint);
      came_.notify_all();
    });
    thread_ = std::jthread([this](const std::stop_token& stop) { store_.Listen(stop); });
  }

  // Those until `last`, which must come within a generous time.
  std::vector<Hint> Until(const Hint& last) {
    std::unique_lock lock(mutex_);
    auto found = hints_.end();
    const bool came = came_.wait_for(lock, 30s, [&] {
      found = std::find(hints_.begin(), hints_.end(), last);
      return found != hints_.end();
    });
    EXPECT_TRUE(came) << "no hint " << last.id;
    if (!came) return {};
    std::vector<Hint> taken(hints_.begin(), found + 1);
    hints_.erase(hints_.begin(), found + 1);
    return taken;
  }

 private:
  PgStore& store_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Hint> hints_;
  std::jthread thread_;
};

class PgUnderTest final : public StoreUnderTest {
 public:
  ports::Store store() override { return store_.store(); }
  void Advance(Duration by) override { std::this_thread::sleep_for(by); }
  std::vector<Hint> TakeHints(const Hint& until) override {
    if (!inbox_) {
      inbox_.emplace(store_);
      (void)inbox_->Until({Hint::Kind::kQueue, ""});  // it listens
      if (until.id == "before") return {};
    }
    return inbox_->Until(until);
  }

 private:
  PgStore store_{{.connection = testing::Postgres().NewDatabase(), .connections = 4}, TestSealer(), SystemRandom()};
  std::optional<Inbox> inbox_;
};

INSTANTIATE_TEST_SUITE_P(Pg, StoreContract,
                         ::testing::Values(StoreFactory([] { return std::unique_ptr<StoreUnderTest>(std::make_unique<PgUnderTest>()); })),
                         [](const auto&) { return "PostgreSQL"; });

}  // namespace
}  // namespace ns::store
