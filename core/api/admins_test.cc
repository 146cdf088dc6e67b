#include "api/api_world.h"
#include "neoshowcase/platform/v1/admin.pb.h"
#include "neoshowcase/platform/v1/token.pb.h"

namespace ns::api {
namespace {

class AdminsTest : public ApiWorld {
 protected:
  template <class Out, class In>
  Result<Out> Admins(const Peer& peer, const std::string& method, const In& in) {
    return Sent<Out>(peer, "neoshowcase.platform.v1.AdminService/" + method, in);
  }
  Result<own_pb::AddAdminResponse> Add(const Peer& peer, const std::string& name) {
    own_pb::AddAdminRequest in;
    in.set_name(name);
    return Admins<own_pb::AddAdminResponse>(peer, "AddAdmin", in);
  }
  Status Remove(const Peer& peer, const std::string& name) {
    own_pb::RemoveAdminRequest in;
    in.set_name(name);
    return Admins<own_pb::RemoveAdminResponse>(peer, "RemoveAdmin", in).status();
  }
  bool IsAdmin(const Peer& peer) {
    return Call<api_pb::User>(peer, "GetMe", Empty()).value().admin();
  }
};

TEST_F(AdminsTest, Added_IsOneFromTheNextCallOnUntilRemoved) {
  EXPECT_FALSE(IsAdmin(Named("alice")));
  EXPECT_TRUE(Add(Root(), "Alice").value().changed());
  EXPECT_FALSE(Add(Root(), "alice").value().changed());
  EXPECT_TRUE(IsAdmin(Named("alice")));
  EXPECT_TRUE(Add(Named("alice"), "bob").value().changed()) << "an admin makes others";
  EXPECT_TRUE(IsAdmin(Named("bob"))) << "also one who was never seen";
  EXPECT_EQ(Remove(Named("bob"), "ALICE"), Status());
  EXPECT_FALSE(IsAdmin(Named("alice")));
  EXPECT_EQ(Remove(Named("bob"), "bob"), Status());
  EXPECT_FALSE(IsAdmin(Named("bob")));
  EXPECT_TRUE(IsAdmin(Root())) << "whatever was removed";
}

TEST_F(AdminsTest, Listed_WithWhereItComesFrom) {
  Settings settings = TestSettings();
  settings.identity.admins = {"Bob", "carol"};
  RemakeDispatcher(settings);
  ASSERT_TRUE(Add(Root(), "alice").ok());
  ASSERT_TRUE(Add(Root(), "bob").ok());
  const auto listed =
      Admins<own_pb::ListAdminsResponse>(Named("carol"), "ListAdmins", own_pb::ListAdminsRequest())
          .value();
  ASSERT_EQ(listed.admins_size(), 3);
  EXPECT_EQ(listed.admins(0).name(), "alice");
  EXPECT_FALSE(listed.admins(0).configured());
  EXPECT_TRUE(listed.admins(0).granted());
  EXPECT_EQ(listed.admins(0).granted_by(), "root@local");
  EXPECT_EQ(listed.admins(1).name(), "bob");
  EXPECT_TRUE(listed.admins(1).configured());
  EXPECT_TRUE(listed.admins(1).granted());
  EXPECT_EQ(listed.admins(2).name(), "carol");
  EXPECT_FALSE(listed.admins(2).granted());
}

TEST_F(AdminsTest, OthersMayNothing) {
  EXPECT_EQ(Add(Named("alice"), "alice").status().code(), Code::kDenied);
  EXPECT_EQ(Remove(Named("alice"), "bob").code(), Code::kDenied);
  EXPECT_EQ(
      Admins<own_pb::ListAdminsResponse>(Named("alice"), "ListAdmins", own_pb::ListAdminsRequest())
          .status()
          .code(),
      Code::kDenied);
  EXPECT_TRUE(store.store().admins.List().value().empty());
}

TEST_F(AdminsTest, WithAToken_NobodyIsMadeOne) {
  ASSERT_TRUE(Add(Root(), "alice").ok());
  own_pb::CreateTokenRequest in;
  in.set_name("ci");
  in.set_scope(own_pb::TOKEN_SCOPE_ADMIN);
  const auto made = Parsed<own_pb::CreateTokenResponse>(Raw(
      Named("alice"), "neoshowcase.platform.v1.TokenService/CreateToken", in.SerializeAsString()));
  const Peer bearer{
      false, 0, 0, "203.0.113.9", {{"authorization", "Bearer " + made.value().text()}}};
  EXPECT_TRUE(IsAdmin(bearer));
  EXPECT_EQ(Add(bearer, "eve").status().reason(), "TokenScope");
  EXPECT_FALSE(IsAdmin(Named("eve")));
}

TEST_F(AdminsTest, Removing_WhoWasNotAdded_IsRefused) {
  Settings settings = TestSettings();
  settings.identity.admins = {"bob"};
  RemakeDispatcher(settings);
  EXPECT_EQ(Remove(Root(), "nobody").code(), Code::kNotFound);
  EXPECT_TRUE(IsAdmin(Named("bob")));
  const Status configured = Remove(Root(), "bob");
  EXPECT_EQ(configured.code(), Code::kPrecondition);
  EXPECT_NE(configured.message().find("configuration"), std::string::npos);
  EXPECT_FALSE(IsAdmin(Named("alice")));
  EXPECT_EQ(Remove(Root(), "alice").code(), Code::kPrecondition);
  EXPECT_EQ(FieldsOf(Remove(Root(), "")), std::vector<std::string>{"name"});
  EXPECT_EQ(FieldsOf(Add(Root(), "a\nb").status()), std::vector<std::string>{"name"});
}

}  // namespace
}  // namespace ns::api
