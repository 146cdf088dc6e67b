#include "api/applications_world.h"

namespace ns::api {
namespace {

using api_pb::UpdateApplicationRequest;

using ApplicationUpdatesTest = ApplicationsWorld;

TEST_F(ApplicationUpdatesTest, ChangesWhatIsNamedAlone) {
  const auto before = Create();
  UpdateApplicationRequest in = Update(before.id());
  in.set_name("renamed");
  ASSERT_TRUE(Call(Named("alice"), "UpdateApplication", in).ok());
  api_pb::Application after = Get(before.id());
  EXPECT_EQ(after.name(), "renamed");
  after.set_name(before.name());
  *after.mutable_updated_at() = before.updated_at();
  EXPECT_EQ(after.SerializeAsString(), before.SerializeAsString());
}

TEST_F(ApplicationUpdatesTest, ChecksWhatIsNamedAlone) {
  const auto app = Create();
  Settings settings = TestSettings();
  settings.platform.domains.clear();  // offered no more
  RemakeDispatcher(settings);
  UpdateApplicationRequest in = Update(app.id());
  in.set_name("renamed");
  EXPECT_TRUE(Call(Named("alice"), "UpdateApplication", in).ok());
  *in.mutable_websites()->add_websites() = NewApp(repository).websites(0);
  EXPECT_EQ(FieldsOf(Call(Named("alice"), "UpdateApplication", in).status()),
            Fields{"websites.websites[0].fqdn"});
}

TEST_F(ApplicationUpdatesTest, OfWebsites_KeepsTheIdOfWhatDidNotChange) {
  const auto before = Create();
  UpdateApplicationRequest in = Update(before.id());
  *in.mutable_websites()->add_websites() = NewApp(repository).websites(0);
  *in.mutable_websites()->add_websites() = NewApp(repository, "two.apps.test").websites(0);
  ASSERT_TRUE(Call(Named("alice"), "UpdateApplication", in).ok());
  const auto after = Get(before.id());
  ASSERT_EQ(after.websites_size(), 2);
  EXPECT_EQ(after.websites(0).id(), before.websites(0).id());
  EXPECT_TRUE(IsId(after.websites(1).id()));
  in.mutable_websites()->clear_websites();
  ASSERT_TRUE(Call(Named("alice"), "UpdateApplication", in).ok());
  EXPECT_EQ(Get(before.id()).websites_size(), 0);
}

TEST_F(ApplicationUpdatesTest, OfTheRef_FollowsItAtOnce) {
  const auto app = Create();
  UpdateApplicationRequest in = Update(app.id());
  in.set_ref_name("v2");
  ASSERT_TRUE(Call(Named("alice"), "UpdateApplication", in).ok());
  EXPECT_EQ(Get(app.id()).ref_name(), "v2");
  EXPECT_EQ(Get(app.id()).commit(), kCommitB);
  in.set_ref_name("nowhere");
  EXPECT_EQ(FieldsOf(Call(Named("alice"), "UpdateApplication", in).status()), Fields{"ref_name"});
  EXPECT_EQ(Get(app.id()).ref_name(), "v2");
}

TEST_F(ApplicationUpdatesTest, ByWhoIsNoOwnerAnyMoreMeanwhile_IsDenied) {
  const auto app = Create();
  const std::string bob = Call<api_pb::User>(Named("bob"), "GetMe", Empty()).value().id();
  UpdateApplicationRequest owners = Update(app.id());
  owners.mutable_owner_ids()->add_owner_ids(app.owner_ids(0));
  owners.mutable_owner_ids()->add_owner_ids(bob);
  ASSERT_TRUE(Call(Named("alice"), "UpdateApplication", owners).ok());

  UpdateApplicationRequest coup = Update(app.id());
  coup.set_ref_name("v2");
  coup.mutable_owner_ids()->add_owner_ids(bob);
  git.on_ask = [&] {
    git.on_ask = nullptr;
    clock.Advance(std::chrono::seconds(1));
    owners.mutable_owner_ids()->mutable_owner_ids()->RemoveLast();
    ASSERT_TRUE(Call(Named("alice"), "UpdateApplication", owners).ok());
  };
  EXPECT_EQ(Call(Named("bob"), "UpdateApplication", coup).status().code(), Code::kDenied);
  EXPECT_EQ(Get(app.id()).ref_name(), "main");
  ASSERT_EQ(Get(app.id()).owner_ids_size(), 1);
  EXPECT_EQ(Get(app.id()).owner_ids(0), app.owner_ids(0));
}

TEST_F(ApplicationUpdatesTest, OfOwners_KeepsAtLeastOne) {
  const auto app = Create();
  const std::string bob = Call<api_pb::User>(Named("bob"), "GetMe", Empty()).value().id();
  UpdateApplicationRequest in = Update(app.id());
  in.mutable_owner_ids();
  EXPECT_EQ(FieldsOf(Call(Named("alice"), "UpdateApplication", in).status()), Fields{"owner_ids"});
  in.mutable_owner_ids()->add_owner_ids(std::string(22, '9'));
  EXPECT_EQ(FieldsOf(Call(Named("alice"), "UpdateApplication", in).status()),
            Fields{"owner_ids.owner_ids[0]"});
  in.mutable_owner_ids()->set_owner_ids(0, bob);
  ASSERT_TRUE(Call(Named("alice"), "UpdateApplication", in).ok());
  EXPECT_EQ(Call(Named("alice"), "StartApplication", OfApp(app.id())).status().code(),
            Code::kDenied);
  EXPECT_TRUE(Call(Named("bob"), "StartApplication", OfApp(app.id())).ok());
}

TEST_F(ApplicationUpdatesTest, ToAnothersAddress_Exists) {
  ASSERT_TRUE(Call(Named("alice"), "CreateApplication", NewApp(repository, "one.apps.test")).ok());
  const auto two = Call<api_pb::Application>(Named("alice"), "CreateApplication",
                                             NewApp(repository, "two.apps.test"))
                       .value();
  UpdateApplicationRequest in = Update(two.id());
  *in.mutable_websites()->add_websites() = NewApp(repository, "one.apps.test").websites(0);
  EXPECT_EQ(Call(Named("alice"), "UpdateApplication", in).status().code(), Code::kExists);
  EXPECT_EQ(Get(two.id()).websites(0).fqdn(), "two.apps.test");
}

}  // namespace
}  // namespace ns::api
