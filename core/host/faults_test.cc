#include "host/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "ports/faults/points.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_store.h"

namespace ns::host {
namespace {

using ::testing::HasSubstr;

class FaultsOfHost : public ::testing::Test {
 protected:
  ~FaultsOfHost() override { ConfigureFailpoints(std::string()); }
  ports::testing::FakeClock clock;
  ports::testing::FakeStore inner{clock};
};

TEST_F(FaultsOfHost, EveryPoint_IsTakenWithTheActionsOfItsMoment) {
  for (const ports::FaultPoint& point : ports::kFaultPoints) {
    const std::string name(point.name);
    const bool before = point.moment == ports::FaultMoment::kBefore;
    const bool lost = point.moment == ports::FaultMoment::kLost;
    EXPECT_TRUE(TakeFailpoints(name + "=crash@3").ok()) << name;
    EXPECT_TRUE(TakeFailpoints(name + "=tell").ok()) << name;
    EXPECT_EQ(TakeFailpoints(name + "=error").ok(), before) << name;
    EXPECT_EQ(TakeFailpoints(name + "=lost").ok(), lost) << name;
  }
}

TEST_F(FaultsOfHost, UnknownPoint_IsRefused) {
  EXPECT_THAT(TakeFailpoints("AppStore.Setenv.before=crash").message(),
              HasSubstr("there is no such point"));
  EXPECT_FALSE(TakeFailpoints("AppStore.SetEnv=crash").ok());
  EXPECT_TRUE(TakeFailpoints("build.running=crash").ok());
}

TEST_F(FaultsOfHost, NoneConfigured_PortsStayAsTheyAre) {
  ASSERT_TRUE(TakeFailpoints("").ok());
  Faults faults;
  EXPECT_EQ(&faults.Through(inner.store()).users, &inner.store().users);
  EXPECT_EQ(faults.Through(static_cast<ports::Backend*>(nullptr)), nullptr);
}

TEST_F(FaultsOfHost, Error_ComesBeforeTheEffect) {
  ASSERT_TRUE(TakeFailpoints("UserStore.Ensure.before=error").ok());
  Faults faults;
  EXPECT_EQ(faults.Through(inner.store()).users.Ensure("alice", false).status(),
            Unavailable("failpoint UserStore.Ensure.before"));
  EXPECT_TRUE(inner.store().users.List()->empty());
}

TEST_F(FaultsOfHost, ReceivedRepositories_AreReachedThroughTheSamePoints) {
  ASSERT_TRUE(TakeFailpoints("ReceivedStore.SetAddress.before=error").ok());
  Faults faults;
  EXPECT_EQ(faults.Through(inner.store()).received.SetAddress("one", ""),
            Unavailable("failpoint ReceivedStore.SetAddress.before"));
}

TEST_F(FaultsOfHost, Lost_ComesAfterTheEffectAndThatTimeOnly) {
  ASSERT_TRUE(TakeFailpoints("UserStore.Ensure.lost=lost@2").ok());
  Faults faults;
  const ports::Store store = faults.Through(inner.store());
  EXPECT_TRUE(store.users.Ensure("alice", false).ok());
  EXPECT_EQ(store.users.Ensure("bob", false).status().code(), Code::kUnavailable);
  EXPECT_TRUE(store.users.Ensure("carol", false).ok());
  EXPECT_EQ(inner.store().users.List()->size(), 3u);
}

}  // namespace
}  // namespace ns::host
