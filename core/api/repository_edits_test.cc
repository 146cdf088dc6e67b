#include <gmock/gmock.h>

#include "api/api_world.h"

namespace ns::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Fields = std::vector<std::string>;

class RepositoryEditsTest : public ApiWorld {
 protected:
  void SetUp() override {
    id = MakePrivateRepository(Named("alice"));
    git.asked.clear();
  }
  api_pb::UpdateRepositoryRequest Edit() const {
    api_pb::UpdateRepositoryRequest in;
    in.set_id(id);
    return in;
  }
  Status Update(const api_pb::UpdateRepositoryRequest& in, const Peer& peer = Named("alice")) {
    return Call(peer, "UpdateRepository", in).status();
  }
  Fields Refusal(const api_pb::UpdateRepositoryRequest& in) {
    const auto before = Stored();
    const Status status = Update(in);
    EXPECT_EQ(status.code(), Code::kInvalid) << status.ToString();
    EXPECT_EQ(Stored(), before);
    return FieldsOf(status);
  }
  model::Repository Stored() { return store.store().repositories.Get(RepositoryId(id)).value(); }
  std::string User(const std::string& name) {
    return store.store().users.Ensure(name, false).value().id.str();
  }
  static void SetBasic(api_pb::UpdateRepositoryRequest& in, const std::string& user,
                       const std::string& password) {
    in.mutable_auth()->mutable_basic()->set_username(user);
    in.mutable_auth()->mutable_basic()->set_password(password);
  }

  std::string id;
};

TEST_F(RepositoryEditsTest, Update_ChangesWhatIsGivenAlone) {
  auto in = Edit();
  in.set_name("renamed");
  EXPECT_EQ(Update(in), Status());
  EXPECT_EQ(Stored().name, "renamed");
  EXPECT_EQ(Stored().credentials.password.Reveal(), "hunter2");
  EXPECT_TRUE(git.asked.empty()) << "a name is no reason to ask the remote";
  in = Edit();
  in.mutable_owner_ids()->add_owner_ids(User("bob"));
  in.mutable_owner_ids()->add_owner_ids(User("alice"));
  in.mutable_owner_ids()->add_owner_ids(User("bob"));
  EXPECT_EQ(Update(in), Status());
  EXPECT_THAT(Stored().owners, ElementsAre(UserId(User("bob")), UserId(User("alice"))));
  EXPECT_EQ(Update(Edit()), Status());
}

TEST_F(RepositoryEditsTest, NewCredentials_MustReadTheRemoteAndReplaceTheOldWhole) {
  auto in = Edit();
  SetBasic(in, "robot", "new");
  git.failure = Status(Code::kDenied, "AuthenticationFailed", "wrong password");
  EXPECT_EQ(Refusal(in), Fields{"auth.basic"});
  EXPECT_EQ(git.asked.back().credentials.password.Reveal(), "new");
  EXPECT_EQ(git.asked.back().id.str(), id);
  git.failure = Status();
  EXPECT_EQ(Update(in), Status());
  EXPECT_EQ(Stored().credentials,
            (model::GitCredentials{model::GitAuth::kBasic, "robot", Secret("new"), Secret()}));
  in = Edit();
  in.mutable_auth()->mutable_none();
  EXPECT_EQ(Update(in), Status());
  EXPECT_EQ(Stored().credentials, model::GitCredentials());
}

TEST_F(RepositoryEditsTest, CredentialsThatDoNotOpen_StopWhatNeedsThemAlone) {
  store.BreakSeal(RepositoryId(id));
  EXPECT_EQ(Call<api_pb::Repository>(Named("alice"), "GetRepository", OfRepository(id))->name(),
            "shop");
  auto in = Edit();
  in.set_name("renamed");
  EXPECT_EQ(Update(in), Status());
  EXPECT_EQ(Stored().name, "renamed");
  EXPECT_TRUE(Stored().credentials.seal_broken);
  for (const Status& refused :
       {Call(Named("alice"), "GetRepositoryRefs", OfRepository(id)).status(),
        Call(Named("alice"), "CreateApplication", NewApp(id)).status()}) {
    EXPECT_EQ(refused.code(), Code::kPrecondition) << refused.ToString();
    EXPECT_EQ(refused.reason(), "SealBroken");
    EXPECT_THAT(refused.message(), HasSubstr("\"renamed\""));
    EXPECT_THAT(refused.message(), HasSubstr("set them again"));
  }
  EXPECT_TRUE(git.asked.empty()) << "not as somebody else either";

  in = Edit();
  SetBasic(in, "bot", "anew");
  EXPECT_EQ(Update(in), Status());
  EXPECT_EQ(git.asked.back().credentials.password.Reveal(), "anew");
  EXPECT_EQ(Stored().credentials,
            (model::GitCredentials{model::GitAuth::kBasic, "bot", Secret("anew"), Secret()}));
  EXPECT_TRUE(Call(Named("alice"), "CreateApplication", NewApp(id)).ok());
}

TEST_F(RepositoryEditsTest, CredentialsThatDoNotOpen_AreNoReasonToKeepIt) {
  store.BreakSeal(RepositoryId(id));
  EXPECT_TRUE(Call(Named("alice"), "DeleteRepository", OfRepository(id)).ok());
  EXPECT_TRUE(store.store().repositories.List()->empty());
}

TEST_F(RepositoryEditsTest, NewUrl_NeedsNewCredentialsWhereItHadAny) {
  auto in = Edit();
  in.set_url("https://elsewhere.test/a.git");
  EXPECT_EQ(Refusal(in), Fields{"auth"});
  EXPECT_TRUE(git.asked.empty()) << "the old ones go nowhere else";
  SetBasic(in, "bot", "other");
  git.failure = Status(Code::kUnavailable, "RepositoryNotFound", "no such repository");
  EXPECT_EQ(Refusal(in), Fields{"url"});
  git.failure = Status();
  EXPECT_EQ(Update(in), Status());
  EXPECT_EQ(Stored().url, "https://elsewhere.test/a.git");
  in.clear_auth();
  EXPECT_EQ(Update(in), Status()) << "the same URL is no new one";
  in = Edit();
  in.mutable_auth()->mutable_none();
  ASSERT_EQ(Update(in), Status());
  in = Edit();
  in.set_url("https://elsewhere.test/b.git");
  EXPECT_EQ(Update(in), Status()) << "it has none";
}

TEST_F(RepositoryEditsTest, Update_NamesTheFieldThatIsWrong) {
  auto in = Edit();
  in.set_name("");
  EXPECT_EQ(Refusal(in), Fields{"name"});
  in = Edit();
  in.set_url("file:///etc");
  in.mutable_auth()->mutable_none();
  EXPECT_EQ(Refusal(in), Fields{"url"});
  in = Edit();
  in.mutable_auth();
  EXPECT_EQ(Refusal(in), Fields{"auth"});
  in.mutable_auth()->mutable_ssh();
  EXPECT_EQ(Refusal(in), Fields{"auth.ssh"});
  SetBasic(in, "", "x");
  EXPECT_EQ(Refusal(in), Fields{"auth.basic.username"});
  in = Edit();
  in.mutable_owner_ids();
  EXPECT_EQ(Refusal(in), Fields{"owner_ids"});
  in.mutable_owner_ids()->add_owner_ids(User("alice"));
  in.mutable_owner_ids()->add_owner_ids(std::string(22, '0'));
  EXPECT_EQ(Refusal(in), Fields{"owner_ids.owner_ids[1]"});
}

TEST_F(RepositoryEditsTest, UrlOfAnother_Exists) {
  MakeRepository(Named("bob"));
  auto in = Edit();
  in.set_url("https://git.test/a/shop.git");
  in.mutable_auth()->mutable_none();
  const Status status = Update(in);
  EXPECT_EQ(status.code(), Code::kExists);
  EXPECT_EQ(status.reason(), "UrlTaken");
  EXPECT_EQ(FieldsOf(status), Fields{"url"});
}

TEST_F(RepositoryEditsTest, EditsAtTheSameTime_BothHappen) {
  git.on_ask = [this] {
    git.on_ask = nullptr;
    auto other = Edit();
    other.set_name("theirs");
    EXPECT_EQ(Update(other), Status());
  };
  auto in = Edit();
  SetBasic(in, "robot", "new");
  EXPECT_EQ(Update(in), Status());
  EXPECT_EQ(Stored().name, "theirs");
  EXPECT_EQ(Stored().credentials.username, "robot");
}

TEST_F(RepositoryEditsTest, WhoseRightIsTakenMeanwhile_ChangesNothing) {
  git.on_ask = [this] {
    git.on_ask = nullptr;
    auto other = Edit();
    other.mutable_owner_ids()->add_owner_ids(User("bob"));
    EXPECT_EQ(Update(other), Status());
  };
  auto in = Edit();
  SetBasic(in, "robot", "new");
  EXPECT_EQ(Update(in).code(), Code::kDenied);
  EXPECT_EQ(Stored().credentials.username, "bot");
}

TEST_F(RepositoryEditsTest, GeneratedKey_IsUsedOnce) {
  const auto key =
      Call<api_pb::GenerateKeyPairResponse>(Named("alice"), "GenerateKeyPair", Empty()).value();
  auto in = Edit();
  in.set_url("git@git.test:a/x.git");
  in.mutable_auth()->mutable_ssh()->set_key_id(key.key_id());
  EXPECT_EQ(Update(in), Status());
  EXPECT_FALSE(Stored().credentials.ssh_private_key.empty());
  auto again = NewRepository("git@git.test:a/y.git");
  again.mutable_auth()->mutable_ssh()->set_key_id(key.key_id());
  const Status status = Call(Named("alice"), "CreateRepository", again).status();
  EXPECT_EQ(status.code(), Code::kInvalid);
  EXPECT_EQ(FieldsOf(status), Fields{"auth.ssh.key_id"});
}

TEST_F(RepositoryEditsTest, Edits_AreForOwnersAndAdmins) {
  auto in = Edit();
  in.set_name("x");
  EXPECT_EQ(Update(in, Named("bob")).code(), Code::kNotFound) << "bob may not know of it";
  EXPECT_EQ(Call(Named("bob"), "DeleteRepository", OfRepository(id)).status().code(),
            Code::kNotFound);
  const std::string open = MakeRepository(Named("alice"));
  in.set_id(open);
  EXPECT_EQ(Update(in, Named("bob")).code(), Code::kDenied);
  EXPECT_EQ(Call(Named("bob"), "DeleteRepository", OfRepository(open)).status().code(),
            Code::kDenied);
  EXPECT_EQ(Update(in, Root()), Status());
  EXPECT_TRUE(Call(Root(), "DeleteRepository", OfRepository(open)).ok());
}

TEST_F(RepositoryEditsTest, RepositoryWithApplications_IsNotDeletedAndTheyAreNamed) {
  const auto app =
      Call<api_pb::Application>(Named("alice"), "CreateApplication", NewApp(id)).value();
  auto second = NewApp(id, "old.apps.test");
  second.set_name("old");
  const auto old = Call<api_pb::Application>(Named("alice"), "CreateApplication", second).value();
  ASSERT_TRUE(Call(Named("alice"), "DeleteApplication", OfApp(old.id())).ok());
  Status status = Call(Named("alice"), "DeleteRepository", OfRepository(id)).status();
  EXPECT_EQ(status.code(), Code::kPrecondition);
  EXPECT_EQ(status.reason(), "RepositoryInUse");
  EXPECT_THAT(status.message(), HasSubstr("\"shop\", \"old\" (being deleted)"));
  ASSERT_TRUE(Call(Named("alice"), "DeleteApplication", OfApp(app.id())).ok());
  status = Call(Named("alice"), "DeleteRepository", OfRepository(id)).status();
  EXPECT_EQ(status.code(), Code::kPrecondition) << "a tombstone is still cleaned up";
  for (const std::string& gone : {app.id(), old.id()}) {
    ASSERT_TRUE(store.store().deploys.ConfirmRemoved(AppId(gone)).ok());
    ASSERT_TRUE(store.store().deploys.Purge(AppId(gone)).ok());
  }
  EXPECT_TRUE(Call(Named("alice"), "DeleteRepository", OfRepository(id)).ok());
  EXPECT_EQ(Call(Named("alice"), "GetRepository", OfRepository(id)).status().code(),
            Code::kNotFound);
}

}  // namespace
}  // namespace ns::api
