#include "ports/testing/fake_store.h"

#include <utility>

#include "base/mutex.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_rows.h"
#include "ports/testing/store_contract.h"

namespace ns::ports::testing {
namespace {

class FakeUnderTest final : public StoreUnderTest {
 public:
  FakeUnderTest() {
    store_.store().hints.Subscribe(
        [this](const Hint& hint) { hints_.With([&](auto& hints) { hints.push_back(hint); }); });
  }
  Store store() override { return store_.store(); }
  void Advance(Duration by) override { clock_.Advance(by); }
  std::vector<Hint> TakeHints(const Hint&) override {
    return hints_.With([](auto& hints) { return std::exchange(hints, {}); });
  }

 private:
  FakeClock clock_;
  Guarded<std::vector<Hint>> hints_;
  FakeStore store_{clock_};
};

StoreFactory Stores() {
  return [] { return std::unique_ptr<StoreUnderTest>(std::make_unique<FakeUnderTest>()); };
}
std::string Name(const ::testing::TestParamInfo<StoreFactory>&) { return "InMemory"; }

INSTANTIATE_TEST_SUITE_P(Fake, StoreContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Fake, AuditContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Fake, RepeatContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Fake, DetectionContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Fake, IdentityContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Fake, ListingContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Fake, ReceivedContract, ::testing::Values(Stores()), Name);
INSTANTIATE_TEST_SUITE_P(Fake, SiteContract, ::testing::Values(Stores()), Name);

INSTANTIATE_TEST_SUITE_P(Fake, TotalsContract, ::testing::Values(StoreFactory([] {
                           return std::unique_ptr<StoreUnderTest>(
                               std::make_unique<FakeUnderTest>());
                         })),
                         [](const auto&) { return "InMemory"; });

INSTANTIATE_TEST_SUITE_P(Fake, UsageContract, ::testing::Values(StoreFactory([] {
                           return std::unique_ptr<StoreUnderTest>(
                               std::make_unique<FakeUnderTest>());
                         })),
                         [](const auto&) { return "InMemory"; });

// What comes back without its last writes does not come again to a version of what was lost.
TEST(FakeStore, VersionAfterAFailOver_IsNoneThatWasGivenOut) {
  FakeClock clock;
  FakeApp row;
  row.Changed(clock.Now());
  FakeApp copy = row;
  clock.Advance(std::chrono::seconds(1));
  row.Changed(clock.Now());
  clock.Advance(std::chrono::seconds(1));
  copy.Changed(clock.Now());
  EXPECT_NE(row.version, copy.version);
}

TEST(FakeStore, FailWith_FailsEverythingUntilItIsLifted) {
  FakeClock clock;
  FakeStore fake(clock);
  const Store s = fake.store();
  fake.FailWith(Unavailable("down"));
  EXPECT_EQ(s.users.Ensure("alice", false).status(), Unavailable("down"));
  EXPECT_EQ(s.deploys.RaiseEpoch(4), Unavailable("down"));
  fake.FailWith(Status());
  EXPECT_THAT(s.users.List().value(), IsEmpty());
  EXPECT_EQ(s.deploys.Epoch().value(), 1);
}

}  // namespace
}  // namespace ns::ports::testing
