#include "api/api_world.h"

namespace ns::api {
namespace {

const std::string kLine =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMU9BrlXcmNpMRFMPyIDa3AZotTqx5+vV5fbiZBeJx0A";

class UsersTest : public ApiWorld {
 protected:
  Result<api_pb::UserKey> Add(const Peer& peer, const std::string& line,
                              const std::string& name = "laptop") {
    api_pb::CreateUserKeyRequest in;
    in.set_public_key(line);
    in.set_name(name);
    return Call<api_pb::UserKey>(peer, "CreateUserKey", in);
  }
  int KeysOf(const Peer& peer) {
    return Call<api_pb::GetUserKeysResponse>(peer, "GetUserKeys", Empty()).value().keys_size();
  }
  Status Delete(const Peer& peer, const std::string& id) {
    api_pb::DeleteUserKeyRequest in;
    in.set_key_id(id);
    return Call(peer, "DeleteUserKey", in).status();
  }
};

TEST_F(UsersTest, GetUsers_TellsAllWithWhoIsAnAdmin) {
  for (const char* name : {"carol", "Bob", "alice"})
    ASSERT_TRUE(Call<api_pb::User>(Named(name), "GetMe", Empty()).ok());
  Settings settings = TestSettings();
  settings.identity.admins = {"BOB"};
  RemakeDispatcher(settings);
  const auto users = Call<api_pb::GetUsersResponse>(Root(), "GetUsers", Empty()).value();
  ASSERT_EQ(users.users_size(), 4);
  const std::vector<std::pair<std::string, bool>> wanted = {
      {"alice", false}, {"Bob", true}, {"carol", false}, {"root@local", true}};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(users.users(i).name(), wanted[i].first);
    EXPECT_EQ(users.users(i).admin(), wanted[i].second) << users.users(i).name();
    EXPECT_TRUE(IsId(users.users(i).id()));
  }
}

TEST_F(UsersTest, Key_IsKeptWithoutItsComment) {
  const auto made = Add(Named("alice"), kLine + " alice@laptop").value();
  EXPECT_EQ(made.public_key(), kLine);
  EXPECT_EQ(made.name(), "laptop");
  EXPECT_TRUE(IsId(made.id()));
  EXPECT_EQ(made.user_id(), Call<api_pb::User>(Named("alice"), "GetMe", Empty()).value().id());
  EXPECT_GT(made.created_at().seconds(), 0);
  const auto listed =
      Call<api_pb::GetUserKeysResponse>(Named("ALICE"), "GetUserKeys", Empty()).value();
  ASSERT_EQ(listed.keys_size(), 1);
  EXPECT_EQ(listed.keys(0).SerializeAsString(), made.SerializeAsString());
}

TEST_F(UsersTest, Keys_OfOthers_AreNeitherSeenNorDeleted) {
  const std::string id = Add(Named("alice"), kLine).value().id();
  EXPECT_EQ(KeysOf(Named("bob")), 0);
  EXPECT_EQ(KeysOf(Root()), 0) << "an admin's own are meant";
  EXPECT_EQ(Delete(Named("bob"), id).code(), Code::kNotFound);
  EXPECT_EQ(Delete(Root(), id).code(), Code::kNotFound);
  EXPECT_EQ(Delete(Named("alice"), "x").code(), Code::kInvalid);
  EXPECT_EQ(FieldsOf(Delete(Named("alice"), "")), std::vector<std::string>{"key_id"});
  EXPECT_EQ(Delete(Named("alice"), id), Status());
  EXPECT_EQ(Delete(Named("alice"), id).code(), Code::kNotFound);
  EXPECT_EQ(KeysOf(Named("alice")), 0);
}

TEST_F(UsersTest, SameKeyTwice_Exists) {
  ASSERT_TRUE(Add(Named("alice"), kLine).ok());
  for (const char* name : {"alice", "bob"}) {
    const Status again = Add(Named(name), kLine + " another comment", "other").status();
    EXPECT_EQ(again.code(), Code::kExists);
    EXPECT_EQ(FieldsOf(again), std::vector<std::string>{"public_key"});
    EXPECT_EQ(again.message().find("alice"), std::string::npos) << "nobody is told whose it is";
  }
}

TEST_F(UsersTest, BadKeyAndName_AreInvalidTogether) {
  EXPECT_EQ(FieldsOf(Add(Named("alice"), kLine + "\n", "").status()),
            (std::vector<std::string>{"name", "public_key"}));
  EXPECT_EQ(FieldsOf(Add(Named("alice"), "command=\"x\" " + kLine).status()),
            std::vector<std::string>{"public_key"});
  EXPECT_EQ(FieldsOf(Add(Named("alice"), kLine, std::string(101, 'n')).status()),
            std::vector<std::string>{"name"});
  EXPECT_EQ(FieldsOf(Add(Named("alice"), kLine, "a\nb").status()),
            std::vector<std::string>{"name"});
  EXPECT_EQ(KeysOf(Named("alice")), 0);
}

}  // namespace
}  // namespace ns::api
