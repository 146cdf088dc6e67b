#include "api/app_listing.h"

#include <gmock/gmock.h>

#include "api/api_world.h"
#include "api/testing/counting_listings.h"
#include "ports/testing/fake_rows.h"

namespace ns::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AppListingTest : public ApiWorld {
 protected:
  void SetUp() override {
    const std::string repository = MakeRepository(Named("alice"));
    for (const char* host : {"a.apps.test", "b.apps.test", "c.apps.test"}) {
      const auto in = NewApp(repository, host);
      ids.emplace_back(
          Call<api_pb::Application>(Named("alice"), "CreateApplication", in).value().id());
    }
  }
  api_pb::GetApplicationsResponse List(AppListing& from, const ports::AppScope& scope = {}) {
    api_pb::GetApplicationsResponse out;
    EXPECT_TRUE(out.ParseFromString(from.Applications(counted, scope).value()));
    return out;
  }
  api_pb::GetApplicationsResponse List() { return List(listing); }
  // What nobody has kept anything of sees.
  api_pb::GetApplicationsResponse Fresh() {
    AppListing fresh;
    return List(fresh);
  }
  static std::vector<AppId> Shown(const api_pb::GetApplicationsResponse& list) {
    std::vector<AppId> out;
    for (const auto& app : list.applications()) out.emplace_back(app.id());
    return out;
  }
  void Start(const AppId& id) {
    ASSERT_TRUE(store.store().apps.SetDesired(id, model::DesiredState::kRunning, false).ok());
  }

  std::vector<AppId> ids;
  CountingListings counted{store.store().listings};
  AppListing listing;
};

TEST_F(AppListingTest, SecondList_AsksForStampsAlone) {
  EXPECT_THAT(Shown(List()), ElementsAre(ids[0], ids[1], ids[2]));
  EXPECT_THAT(counted.read, ElementsAre(ids));
  counted.read.clear();
  const auto again = List();
  EXPECT_THAT(counted.read, IsEmpty());
  EXPECT_EQ(again.SerializeAsString(), Fresh().SerializeAsString());
}

TEST_F(AppListingTest, OneThatChanged_IsReadAlone) {
  (void)List();
  counted.read.clear();
  Start(ids[1]);
  EXPECT_TRUE(List().applications(1).running());
  model::ObservedApp seen;
  seen.id = ids[2];
  seen.container = model::ContainerState::kExited;
  seen.message = "exit code 3";
  ASSERT_TRUE(store.store().deploys.SaveObserved(seen, {}).ok());
  EXPECT_EQ(List().applications(2).container_message(), "exit code 3");
  EXPECT_THAT(counted.read, ElementsAre(std::vector{ids[1]}, std::vector{ids[2]}));
  EXPECT_EQ(List().SerializeAsString(), Fresh().SerializeAsString());
}

TEST_F(AppListingTest, WhatChangesBetweenTheQuestions_IsShownAsItIsThen) {
  counted.between = [this] {
    Start(ids[0]);
    EXPECT_TRUE(store.store().apps.MarkDeleted(ids[2]).ok());
    counted.between = nullptr;
  };
  const auto list = List();
  EXPECT_THAT(Shown(list), ElementsAre(ids[0], ids[1]));
  EXPECT_TRUE(list.applications(0).running());
  counted.read.clear();
  EXPECT_EQ(List().SerializeAsString(), list.SerializeAsString());
  EXPECT_THAT(counted.read, IsEmpty());
}

TEST_F(AppListingTest, Scopes_ShareWhatIsKept) {
  (void)List();
  counted.read.clear();
  const UserId alice = store.store().users.Ensure("alice", false).value().id,
               bob = store.store().users.Ensure("bob", false).value().id;
  EXPECT_THAT(Shown(List(listing, {alice, {}})), ElementsAre(ids[0], ids[1], ids[2]));
  EXPECT_THAT(Shown(List(listing, {bob, {}})), IsEmpty());
  EXPECT_THAT(counted.read, IsEmpty());
}

TEST_F(AppListingTest, MoreThanItMayKeep_IsReadAnewAndShownAllTheSame) {
  AppListing small(600);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Shown(List(small)), ElementsAre(ids[0], ids[1], ids[2]));
  EXPECT_GT(counted.read.size(), 1u);
}

TEST_F(AppListingTest, StoreThatFails_FailsTheList) {
  (void)List();
  store.FailWith(Status(Code::kUnavailable, "the database is away"));
  EXPECT_EQ(listing.Applications(counted, {}).status().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace ns::api
