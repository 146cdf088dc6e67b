// Included by store_contract.h: what there is, counted.
#pragma once

#include "ports/testing/store_contract_base.h"

namespace ns::ports::testing {

class TotalsContract : public StoreContract {
 protected:
  model::Totals Count() { return s.totals.Count().value(); }
};

TEST_P(TotalsContract, NothingThere_IsNothing) {
  const model::Totals none = Count();
  EXPECT_THAT(none.apps, IsEmpty());
  EXPECT_THAT(none.held, IsEmpty());
  EXPECT_EQ(none.tombstones + none.queued + none.building, 0);
  EXPECT_EQ(none.longest_queued, 0s);
}

TEST_P(TotalsContract, Applications_AreCountedByWhatIsAskedAndSeen) {
  for (const int n : {1, 2, 3, 4}) NewApp(n);
  EXPECT_EQ(s.apps.SetDesired(IdOf<AppId>(1), model::DesiredState::kRunning, false), Status());
  EXPECT_EQ(s.apps.SetDesired(IdOf<AppId>(2), model::DesiredState::kRunning, false), Status());
  model::ObservedApp seen;
  seen.id = IdOf<AppId>(2);
  seen.exists = true;
  seen.container = model::ContainerState::kRunning;
  EXPECT_EQ(s.deploys.SaveObserved(seen, {}), Status());
  EXPECT_EQ(s.apps.MarkDeleted(IdOf<AppId>(4)), Status());
  const model::Totals totals = Count();
  using model::ContainerState;
  using model::DesiredState;
  EXPECT_THAT(totals.apps,
              ElementsAre(model::AppTotal{DesiredState::kStopped, ContainerState::kMissing, 1},
                          model::AppTotal{DesiredState::kRunning, ContainerState::kMissing, 1},
                          model::AppTotal{DesiredState::kRunning, ContainerState::kRunning, 1}));
  EXPECT_EQ(totals.tombstones, 1);
}

TEST_P(TotalsContract, Holders_AreCounted) {
  NewApp(1);
  NewApp(2);
  NewApp(3);
  const HostId host = Beat(9);
  EXPECT_TRUE(s.deploys.Take(IdOf<AppId>(1), host, {"docker"}).ok());
  EXPECT_TRUE(s.deploys.Take(IdOf<AppId>(3), host, {"docker"}).ok());
  EXPECT_THAT(Count().held, ElementsAre(std::pair(host, 2)));
}

TEST_P(TotalsContract, Builds_AreCountedWhileTheyAreUnderWay) {
  const AppId app = NewApp().id;
  Beat(7);
  for (const int n : {1, 2, 3, 4}) NewBuild(n, app, "key" + std::to_string(n));
  under_test_->Advance(20ms);
  const auto claimed = Claimed(1);
  Settle(Claimed(2), model::BuildStatus::kSucceeded);
  const model::Totals totals = Count();
  EXPECT_EQ(totals.queued, 2);
  EXPECT_EQ(totals.building, 1);
  EXPECT_GE(totals.longest_queued, 20ms);
}

}  // namespace ns::ports::testing
