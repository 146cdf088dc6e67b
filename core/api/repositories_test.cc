#include "api/api_world.h"

namespace ns::api {
namespace {

using Fields = std::vector<std::string>;

class RepositoriesTest : public ApiWorld {
 protected:
  Fields Refusal(const api_pb::CreateRepositoryRequest& in) {
    const Status status = Call<api_pb::Repository>(Named("alice"), "CreateRepository", in).status();
    EXPECT_EQ(status.code(), Code::kInvalid) << status.ToString();
    EXPECT_EQ(store.store().repositories.List().value().size(), 0u);
    return FieldsOf(status);
  }
  std::vector<std::string> Listed(const Peer& peer, api_pb::GetRepositoriesRequest::Scope scope) {
    api_pb::GetRepositoriesRequest in;
    in.set_scope(scope);
    std::vector<std::string> ids;
    const auto listed = Call<api_pb::GetRepositoriesResponse>(peer, "GetRepositories", in).value();
    for (const auto& one : listed.repositories()) ids.push_back(one.id());
    return ids;
  }
  std::vector<std::string> hints;
};

TEST_F(RepositoriesTest, Create_ReadsTheRemoteAndOwnsIt) {
  const auto made =
      Call<api_pb::Repository>(Named("alice"), "CreateRepository", NewRepository()).value();
  EXPECT_TRUE(IsId(made.id()));
  EXPECT_EQ(made.html_url(), "https://git.test/a/shop.git");
  EXPECT_EQ(made.auth_method(), api_pb::Repository::NONE);
  ASSERT_EQ(made.owner_ids_size(), 1);
  EXPECT_EQ(made.owner_ids(0), Call<api_pb::User>(Named("alice"), "GetMe", Empty()).value().id());
  ASSERT_EQ(git.asked.size(), 1u);
  EXPECT_EQ(git.asked[0].url, "https://git.test/a/shop.git");
  EXPECT_EQ(
      Call<api_pb::Repository>(Named("bob"), "GetRepository", OfRepository(made.id())).value().id(),
      made.id());
}

TEST_F(RepositoriesTest, Create_NamesTheFieldThatIsWrong) {
  auto in = NewRepository();
  in.set_name("");
  EXPECT_EQ(Refusal(in), Fields{"name"});
  for (const char* url :
       {"", "--upload-pack=x", "file:///etc", "ext::sh -c id", "https://user:pw@git.test/x"}) {
    EXPECT_EQ(Refusal(NewRepository(url)), Fields{"url"}) << url;
  }
  EXPECT_EQ(Refusal(NewRepository("git@git.test:x.git")), Fields{"auth"});
  in = NewRepository();
  in.clear_auth();
  EXPECT_EQ(Refusal(in), Fields{"auth"});
  in.mutable_auth()->mutable_basic()->set_username("a\nb");
  EXPECT_EQ(Refusal(in), Fields{"auth.basic.username"});
  in = NewRepository("http://git.test/x.git");
  in.mutable_auth()->mutable_basic()->set_username("bot");
  EXPECT_EQ(Refusal(in), Fields{"auth.basic"});
  in = NewRepository("git@git.test:x.git");
  in.mutable_auth()->mutable_ssh()->set_key_id(std::string(22, '0'));
  EXPECT_EQ(Refusal(in), Fields{"auth.ssh.key_id"});
  EXPECT_TRUE(git.asked.empty());
}

TEST_F(RepositoriesTest, Create_OfAnUnreadableRemote_IsInvalid) {
  git.failure = Status(Code::kUnavailable, "RepositoryNotFound", "git.test has no such repository");
  EXPECT_EQ(Refusal(NewRepository()), Fields{"url"});
  git.failure = Status(Code::kInternal, "the worker crashed");
  EXPECT_EQ(Call(Named("alice"), "CreateRepository", NewRepository()).status().code(),
            Code::kInternal);
  git.failure = Status(Code::kDenied, "AuthenticationFailed", "wrong password");
  auto in = NewRepository();
  in.mutable_auth()->mutable_basic()->set_username("bot");
  EXPECT_EQ(Refusal(in), Fields{"auth.basic"});
}

TEST_F(RepositoriesTest, Create_OfATakenUrl_Exists) {
  MakeRepository(Named("alice"));
  const Status status = Call(Named("bob"), "CreateRepository", NewRepository()).status();
  EXPECT_EQ(status.code(), Code::kExists);
  EXPECT_EQ(FieldsOf(status), Fields{"url"});
}

TEST_F(RepositoriesTest, GeneratedKey_IsForItsOwnerOneHour) {
  const auto key =
      Call<api_pb::GenerateKeyPairResponse>(Named("alice"), "GenerateKeyPair", Empty()).value();
  EXPECT_EQ(key.public_key().rfind("ssh-ed25519 ", 0), 0u);
  auto in = NewRepository("git@git.test:a/x.git");
  in.mutable_auth()->mutable_ssh()->set_key_id(key.key_id());
  EXPECT_EQ(FieldsOf(Call(Named("bob"), "CreateRepository", in).status()),
            Fields{"auth.ssh.key_id"});
  ASSERT_TRUE(Call(Named("alice"), "CreateRepository", in).ok());
  EXPECT_FALSE(git.asked.back().credentials.ssh_private_key.empty());
  clock.Advance(std::chrono::minutes(61));
  in.set_url("git@git.test:a/y.git");
  EXPECT_EQ(FieldsOf(Call(Named("alice"), "CreateRepository", in).status()),
            Fields{"auth.ssh.key_id"});
}

TEST_F(RepositoriesTest, Secrets_AreNeverReturned) {
  const std::string id = MakePrivateRepository(Named("alice"));
  EXPECT_EQ(git.asked.back().credentials.password.Reveal(), "hunter2");
  const auto read = Raw(Named("alice"), std::string(kApiService) + "GetRepository",
                        OfRepository(id).SerializeAsString())
                        .value();
  EXPECT_EQ(read.find("hunter2"), std::string::npos);
  EXPECT_EQ(read.find("bot"), std::string::npos);
}

TEST_F(RepositoriesTest, PrivateRepository_IsHiddenFromStrangersUntilAnApplicationUsesIt) {
  const std::string id = MakePrivateRepository(Named("alice"));
  for (const char* method : {"GetRepository", "GetRepositoryRefs", "RefreshRepository"}) {
    EXPECT_EQ(Call(Named("bob"), method, OfRepository(id)).status().code(), Code::kNotFound)
        << method;
  }
  EXPECT_EQ(Call(Named("bob"), "CreateApplication", NewApp(id)).status().code(), Code::kNotFound);
  ASSERT_TRUE(Call(Named("alice"), "CreateApplication", NewApp(id)).ok());
  EXPECT_TRUE(Call<api_pb::Repository>(Named("bob"), "GetRepository", OfRepository(id)).ok());
  EXPECT_EQ(Call(Named("bob"), "GetRepositoryRefs", OfRepository(id)).status().code(),
            Code::kDenied);
  EXPECT_TRUE(
      Call<api_pb::GetRepositoryRefsResponse>(Root(), "GetRepositoryRefs", OfRepository(id)).ok());
}

TEST_F(RepositoriesTest, Scopes_ShowWhatTheySay) {
  using Scope = api_pb::GetRepositoriesRequest;
  const std::string open = MakeRepository(Named("bob")),
                    mine = MakePrivateRepository(Named("alice"));
  EXPECT_EQ(Listed(Named("alice"), Scope::MINE), Fields{mine});
  EXPECT_EQ(Listed(Named("alice"), Scope::CREATABLE).size(), 2u);
  EXPECT_EQ(Listed(Named("bob"), Scope::CREATABLE), Fields{open});
  EXPECT_EQ(Listed(Named("bob"), Scope::PUBLIC), Fields{open});
  ASSERT_TRUE(Call(Named("alice"), "CreateApplication", NewApp(mine)).ok());
  EXPECT_EQ(Listed(Named("bob"), Scope::PUBLIC).size(), 2u);
  EXPECT_EQ(Listed(Root(), Scope::ALL).size(), 2u);
  Scope all;
  all.set_scope(Scope::ALL);
  EXPECT_EQ(Call(Named("bob"), "GetRepositories", all).status().code(), Code::kDenied);
}

TEST_F(RepositoriesTest, Refs_ComeFromTheRemote) {
  const std::string id = MakeRepository(Named("alice"));
  const auto refs =
      Call<api_pb::GetRepositoryRefsResponse>(Named("bob"), "GetRepositoryRefs", OfRepository(id))
          .value();
  ASSERT_EQ(refs.refs_size(), 5);
  EXPECT_EQ(refs.refs(0).ref_name(), "HEAD");
  git.failure = Status(Code::kDeadline, "RemoteTimeout", "took too long");
  const Status status = Call(Named("bob"), "GetRepositoryRefs", OfRepository(id)).status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.reason(), "RemoteTimeout");
}

TEST_F(RepositoriesTest, CallsThatWaitForGit_AreBoundedForOnePersonAndForAll) {
  const std::string id = MakeRepository(Named("alice"));
  // How many wait where one is refused; each comes while the one before waits.
  const auto most = [&](size_t persons) {
    git.asked.clear();
    Status refused;
    git.on_ask = [&] {
      const Peer who = Named("user" + std::to_string(git.asked.size() % persons));
      const Status answer = Call(who, "GetRepositoryRefs", OfRepository(id)).status();
      if (!answer.ok()) refused = answer;
    };
    git.on_ask();
    EXPECT_EQ(refused.code(), Code::kExhausted);
    EXPECT_EQ(refused.reason(), "TooManyCalls");
    return git.asked.size();
  };
  EXPECT_EQ(most(1), 6u);
  EXPECT_EQ(most(4), 12u);
}

TEST_F(RepositoriesTest, Refresh_WakesTheFetcherAndIsLimited) {
  const std::string id = MakeRepository(Named("alice"));
  store.store().hints.Subscribe([this](const ports::Hint& hint) {
    if (hint.kind == ports::Hint::Kind::kRepository) hints.push_back(hint.id);
  });
  EXPECT_TRUE(Call(Named("bob"), "RefreshRepository", OfRepository(id)).ok());
  EXPECT_EQ(hints, Fields{id});
  Status status;
  for (int i = 0; i < 10; ++i)
    status = Call(Named("bob"), "RefreshRepository", OfRepository(id)).status();
  EXPECT_EQ(status.code(), Code::kExhausted);
  EXPECT_EQ(hints.size(), 10u);
  clock.Advance(std::chrono::seconds(2));
  EXPECT_TRUE(Call(Named("bob"), "RefreshRepository", OfRepository(id)).ok());
}

}  // namespace
}  // namespace ns::api
