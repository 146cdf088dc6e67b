#include "store/pg_store.h"

#include <optional>
#include <thread>

#include "ports/testing/store_contract.h"
#include "store/testing/inbox.h"
#include "store/testing/test_postgres.h"

namespace ns::store {
namespace {

using ports::Hint;
using ports::testing::AuditContract;
using ports::testing::DetectionContract;
using ports::testing::IdentityContract;
using ports::testing::ListingContract;
using ports::testing::ReceivedContract;
using ports::testing::RepeatContract;
using ports::testing::SiteContract;
using ports::testing::StoreContract;
using ports::testing::StoreFactory;
using ports::testing::StoreUnderTest;
using ports::testing::TotalsContract;
using ports::testing::UsageContract;
using namespace std::chrono_literals;

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
  PgStore store_{{.connection = testing::Postgres().CleanDatabase(), .connections = 4},
                 testing::TestSealer(),
                 SystemRandom()};
  std::optional<testing::Inbox> inbox_;
};

StoreFactory Stores() {
  return [] { return std::unique_ptr<StoreUnderTest>(std::make_unique<PgUnderTest>()); };
}
std::string Name(const ::testing::TestParamInfo<StoreFactory>&) { return "PostgreSQL"; }

INSTANTIATE_TEST_SUITE_P(Pg, StoreContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Pg, AuditContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Pg, RepeatContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Pg, DetectionContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Pg, IdentityContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Pg, ListingContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Pg, ReceivedContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Pg, SiteContract, ::testing::Values(Stores()), Name);

INSTANTIATE_TEST_SUITE_P(Pg, TotalsContract, ::testing::Values(StoreFactory([] {
                           return std::unique_ptr<StoreUnderTest>(std::make_unique<PgUnderTest>());
                         })),
                         [](const auto&) { return "PostgreSQL"; });

INSTANTIATE_TEST_SUITE_P(Pg, UsageContract, ::testing::Values(StoreFactory([] {
                           return std::unique_ptr<StoreUnderTest>(std::make_unique<PgUnderTest>());
                         })),
                         [](const auto&) { return "PostgreSQL"; });

}  // namespace
}  // namespace ns::store
