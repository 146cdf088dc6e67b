// Where pushed repositories are fetched from, and what becomes of those that are gone.
#include <gmock/gmock.h>

#include <set>

#include "host/received_care.h"
#include "host/received_remotes.h"
#include "model/fetch_token.h"
#include "model/received.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_store.h"

namespace ns::host {
namespace {

using testing::ElementsAre;

class RecordingGit final : public ports::GitRemote {
 public:
  Result<std::vector<model::GitRef>> ListRefs(const ports::Call&,
                                              const ports::Remote& remote) override {
    asked.push_back(remote);
    return std::vector<model::GitRef>();
  }
  Result<std::vector<model::Commit>> Commits(const ports::Call&, const ports::Remote& remote,
                                             const std::vector<std::string>&) override {
    asked.push_back(remote);
    return std::vector<model::Commit>();
  }
  Status Checkout(const ports::Call&, const ports::Remote& remote, const std::string&,
                  const std::string&, const ports::LargeFiles&) override {
    asked.push_back(remote);
    if (needed.empty()) return {};
    Status needs(Code::kNotFound, ports::kSubmoduleBeside, "more is needed");
    needs.SetDetails(needed.front());
    needed.erase(needed.begin());
    return needs;
  }
  Result<ports::HostKeyLook> HostKey(const ports::Call&, const ports::Remote&) override {
    return Status(Code::kUnsupported, "what lies here has no host");
  }
  std::vector<ports::Remote> asked;
  std::vector<std::string> needed;  // by each attempt
};

class Folders final : public ports::GitReceive {
 public:
  Status Create(const std::string& name) override {
    there.insert(name);
    return {};
  }
  Result<bool> Has(const std::string& name) override { return there.contains(name); }
  Status Remove(const std::string& name) override {
    if (!failure.ok()) return failure;
    there.erase(name);
    return {};
  }
  Status Tidy(const ports::Call&, const std::string& name) override {
    tidied.push_back(name);
    return {};
  }
  Result<ports::GitServed> Serve(const ports::Call&, const std::string&, const ports::GitServing&,
                                 ports::ByteExchange&) override {
    return Status(Code::kUnsupported, "nobody asks");
  }
  std::set<std::string> there;
  std::vector<std::string> tidied;
  Status failure;
};

class ReceivedTest : public testing::Test {
 protected:
  ports::Remote Register(const std::string& name, const std::string& host) {
    model::Repository repository;
    repository.id = RepositoryId(std::string(22 - name.size(), '0') + name);
    repository.name = name;
    repository.url = model::ReceivedUrl(name);
    const UserId owner = store_.store().users.Ensure(owner_, false)->id;
    repository.owners = {owner};
    EXPECT_EQ(
        store_.store().received.Insert(repository, {name, repository.id, host, "", false}, owner),
        Status());
    return {repository.id, repository.url, {}};
  }

  std::string owner_ = "alice";
  ports::testing::FakeClock clock_;
  ports::testing::FakeStore store_{clock_};
  RecordingGit git_;
  const Secret key_{std::string(32, 'k')};
  ReceivedRemotes remotes_{git_, store_.store(), {"one", "/data/repositories", key_}, clock_};
  Folders folders_;
};

TEST_F(ReceivedTest, OnThisMachine_IsFetchedFromItsDisk) {
  const ports::Remote remote = Register("shop", "one");
  EXPECT_TRUE(remotes_.ListRefs({}, remote).ok());
  EXPECT_TRUE(remotes_.Commits({}, remote, {}).ok());
  EXPECT_TRUE(remotes_.Checkout({}, remote, "c", "/p", {}).ok());
  ASSERT_EQ(git_.asked.size(), 3u);
  for (const ports::Remote& asked : git_.asked) EXPECT_EQ(asked.url, "/data/repositories/shop.git");
}

TEST_F(ReceivedTest, SubmodulesBeside_AreAddedUntilNoneIsMissing) {
  const ports::Remote remote = Register("shop", "one");
  Register("lib", "one");
  Register("deep", "one");
  git_.needed = {"lib\n", "deep\n"};
  EXPECT_EQ(remotes_.Checkout({}, remote, "c", "/none", {}), Status());
  ASSERT_EQ(git_.asked.size(), 3u);
  EXPECT_THAT(git_.asked[2].beside,
              ElementsAre("/data/repositories/lib.git", "/data/repositories/deep.git"));
  git_.needed = {"lib\n", "lib\n", "lib\n"};
  EXPECT_EQ(remotes_.Checkout({}, remote, "c", "/none", {}).code(), Code::kInternal) << "it ends";
}

TEST_F(ReceivedTest, SubmodulesBeside_OfOthersOrElsewhereOrNowhere_AreRefused) {
  const ports::Remote remote = Register("shop", "one");
  Register("away", "two");
  owner_ = "bob";
  Register("foreign", "one");
  const auto refused = [&](const std::string& name) {
    git_.needed = {name + "\n"};
    const Status status = remotes_.Checkout({}, remote, "c", "/none", {});
    EXPECT_EQ(status.fault(), Fault::kSource);
    EXPECT_THAT(status.message(), testing::HasSubstr("submodule \"../" + name + ".git\""));
    return status.reason();
  };
  EXPECT_EQ(refused("foreign"), "SubmoduleDenied");
  EXPECT_EQ(refused("away"), "RepositoryElsewhere");
  EXPECT_EQ(refused("nowhere"), "RepositoryNotFound");
  EXPECT_EQ(git_.asked.size(), 3u);
}

TEST_F(ReceivedTest, OnAnotherMachine_IsFetchedFromItsGatewayWithAToken) {
  const ports::Remote remote = Register("shop", "two");
  EXPECT_EQ(remotes_.ListRefs({}, remote).status().reason(), "RepositoryElsewhere");
  ASSERT_EQ(store_.store().received.SetAddress("two", "https://two.test"), Status());
  ASSERT_TRUE(remotes_.ListRefs({}, remote).ok());
  const ports::Remote& asked = git_.asked.back();
  EXPECT_EQ(asked.url, "https://two.test/git/shop.git");
  EXPECT_EQ(asked.credentials.username, "ns-fetch+shop");
  EXPECT_TRUE(model::IsFetchToken(key_, "shop", asked.credentials.password.Reveal(), clock_.Now()));
}

TEST_F(ReceivedTest, ForABuilderElsewhere_EvenOnesOnThisDiskGoOverTheGateway) {
  const ports::Remote remote = Register("shop", "one");
  ASSERT_EQ(store_.store().received.SetAddress("one", "https://one.test"), Status());
  EXPECT_EQ(remotes_.ForElsewhere(remote)->url, "https://one.test/git/shop.git");
}

TEST_F(ReceivedTest, OtherRemotes_AreAsTheyAre) {
  const ports::Remote remote{RepositoryId(), "https://git.test/a.git", {}};
  ASSERT_TRUE(remotes_.ListRefs({}, remote).ok());
  EXPECT_THAT(git_.asked, ElementsAre(remote));
  EXPECT_EQ(*remotes_.ForElsewhere(remote), remote);
}

TEST_F(ReceivedTest, Care_RemovesWhatIsGoneAndFreesItsName) {
  const ports::Remote gone = Register("gone", "one");
  Register("stays", "one");
  const ports::Remote other = Register("other", "two");
  folders_.there = {"gone", "stays"};
  ASSERT_EQ(store_.store().repositories.Delete(gone.id), Status());
  ASSERT_EQ(store_.store().repositories.Delete(other.id), Status());
  const ReceivedCarer care(store_.store().received, folders_, "one", "https://one.test", clock_);
  folders_.failure = Unavailable("the disk is away");
  EXPECT_EQ(care.Look({}, false).code(), Code::kUnavailable);
  EXPECT_EQ(store_.store().received.On("one")->size(), 2u);
  folders_.failure = {};
  EXPECT_EQ(care.Look({}, true), Status());
  EXPECT_THAT(folders_.tidied, ElementsAre("stays"));
  EXPECT_THAT(folders_.there, ElementsAre("stays"));
  EXPECT_EQ(store_.store().received.On("one")->size(), 1u);
  EXPECT_EQ(store_.store().received.On("two")->size(), 1u);
  EXPECT_EQ(store_.store().received.Find("stays")->address, "https://one.test");
}

}  // namespace
}  // namespace ns::host
