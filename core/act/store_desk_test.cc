#include "act/store_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/world.h"
#include "plan/keys.h"
#include "plan/test_snapshots.h"
#include "ports/testing/fake_clock.h"
#include "ports/testing/fake_storage.h"
#include "ports/testing/fake_store.h"

namespace ns::act {
namespace {

using namespace std::chrono_literals;
using model::BuildStatus;
using model::EnvScope;
using plan::testing::IdOf;
using plan::testing::kCommitA;
using plan::testing::kKey;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreDeskTest : public ::testing::Test {
 protected:
  StoreDeskTest() {
    const auto user = store_.users.Ensure("alice", false);
    model::Repository repository{
        IdOf<RepositoryId>(1), "shop", "https://git.test/shop", {}, {user->id}};
    repository.credentials = {model::GitAuth::kBasic, "bot", Secret("password"), Secret()};
    EXPECT_TRUE(store_.repositories.Insert(repository).ok());
    model::Application app = plan::testing::FreshApp().app;
    app.repository = repository.id;
    app.owners = {user->id};
    app.run.command = "serve --all";
    EXPECT_TRUE(store_.apps.Insert(app, [](const auto&) { return Status(); }).ok());
    for (const EnvScope scope : {EnvScope::kRun, EnvScope::kBuild, EnvScope::kBoth}) {
      const std::string key = "KEY" + std::to_string(static_cast<int>(scope));
      EXPECT_TRUE(store_.apps.SetEnv(app.id, {key, Secret("secret"), scope, true, false}).ok());
    }
    model::Build build;
    build.id = IdOf<BuildId>(1);
    build.app = app.id;
    build.commit = kCommitA;
    build.build_key = plan::BuildKey(kKey, store_.apps.Get(app.id).value(), kCommitA);
    EXPECT_TRUE(store_.builds.Register(build, {}, {}).ok());
    const auto claimed = store_.builds.Claim(build.id, IdOf<HostId>(1), ports::kBuildLease);
    claim_ = {build.id, claimed->lease.token};
  }

  Status Change() {
    model::EnvVar variable{"KEY1", Secret("other"), EnvScope::kBuild, true, false};
    return store_.apps.SetEnv(plan::testing::FreshApp().app.id, variable);
  }
  std::vector<model::Event> Phases() {
    auto events = store_.events.List(model::Subject::kBuild, claim_.build.str(), 0, 10).value();
    std::erase_if(events, [](const model::Event& event) { return event.kind != "build.phase"; });
    return events;
  }

  ports::testing::FakeClock clock_;
  ports::testing::FakeStore rows_{clock_};
  const ports::Store store_ = rows_.store();
  ports::testing::FakeStorage storage_;
  testing::MemoryRegistry registry_;
  StoreDesk mine_{store_,
                  registry_,
                  &storage_,
                  {kKey, Secret("installation"), "ns", Secret("registry")},
                  IdOf<HostId>(1)};
  StoreDesk others_{store_,
                    registry_,
                    &storage_,
                    {kKey, Secret("installation"), "ns", Secret("registry")},
                    IdOf<HostId>(2)};
  ports::Claim claim_;
};

TEST_F(StoreDeskTest, Claimed_AreThoseOfThatHost) {
  EXPECT_THAT(mine_.Claimed({}).value(), ElementsAre(store_.builds.Get(claim_.build).value()));
  EXPECT_THAT(others_.Claimed({}).value(), IsEmpty());
}

TEST_F(StoreDeskTest, Order_HasTheBuildsVariablesAndTheCredentialsAndNothingElse) {
  const ports::BuildOrder order = mine_.Order({}, claim_).value();
  EXPECT_EQ(order.method, "runtime-dockerfile");
  EXPECT_EQ(order.command, "serve --all");
  EXPECT_EQ(order.remote.credentials.password.Reveal(), "password");
  EXPECT_EQ(order.registry_username, "ns");
  EXPECT_EQ(order.registry_password.Reveal(), "registry");
  EXPECT_EQ(order.image, "registry.test:5000/" + order.app.str());
  ASSERT_THAT(order.env, SizeIs(2));
  EXPECT_EQ(order.env[0].key, "KEY1");
  EXPECT_EQ(order.env[1].key, "KEY2");
}

TEST_F(StoreDeskTest, Order_OverSshWithoutAKey_HasTheInstallations) {
  model::Repository repository = store_.repositories.Get(IdOf<RepositoryId>(1)).value();
  repository.credentials = {model::GitAuth::kSsh, "", Secret(), Secret()};
  ASSERT_TRUE(store_.repositories.Update(repository).ok());
  EXPECT_EQ(mine_.Order({}, claim_)->remote.credentials.ssh_private_key.Reveal(), "installation");
  repository.credentials.ssh_private_key = Secret("own");
  repository.credentials.host_keys = {"ssh-ed25519 AAAA"};
  ASSERT_TRUE(store_.repositories.Update(repository).ok());
  EXPECT_EQ(mine_.Order({}, claim_)->remote.credentials, repository.credentials);
}

// Over SSH without its key it would be fetched with the installation's own.
TEST_F(StoreDeskTest, Order_WhereTheCredentialsDoNotOpen_IsRefused) {
  for (const model::GitAuth method : {model::GitAuth::kBasic, model::GitAuth::kSsh}) {
    model::Repository repository = store_.repositories.Get(IdOf<RepositoryId>(1)).value();
    repository.credentials = {method, "", Secret(), Secret()};
    ASSERT_TRUE(store_.repositories.Update(repository).ok());
    rows_.BreakSeal(repository.id);
    const Status refused = mine_.Order({}, claim_).status();
    EXPECT_EQ(refused.reason(), "SealBroken");
    EXPECT_EQ(refused.fault(), Fault::kOperator);
  }
}

TEST_F(StoreDeskTest, Settle_WithAnImageOfSomebodyElse_IsRefused) {
  model::BuildResult result;
  result.status = BuildStatus::kSucceeded;
  const std::string app = plan::testing::FreshApp().app.id.str();
  const std::string tag = ":" + claim_.build.str() + "-1",
                    digest = "sha256:" + std::string(64, 'a');
  for (const model::Image& image :
       {model::Image{"registry.test:5000/other" + tag, digest, 1},
        model::Image{"registry.test:5000/" + app + ":x-1", digest, 1},
        model::Image{"registry.test:5000/" + app + tag, "sha256:" + std::string(64, 'x'), 1},
        model::Image{"registry.test:5000/" + app + tag, "", 1}}) {
    result.image = image;
    EXPECT_EQ(mine_.Settle({}, claim_, result).code(), Code::kInvalid) << image.Pinned();
  }
  result.image = {"registry.test:5000/" + app + tag, digest, 1};
  EXPECT_EQ(others_.Settle({}, claim_, result).code(), Code::kStale);
  EXPECT_TRUE(mine_.Settle({}, claim_, result).ok());
}

// All of `bytes` at once.
ports::ObjectSource Bytes(const std::string& bytes) {
  return [bytes, at = size_t{0}](char* to, size_t most) mutable -> Result<size_t> {
    const size_t count = bytes.copy(to, most, at);
    at += count;
    return count;
  };
}

ports::Digest DigestOf(const std::string& bytes) { return {bytes.size(), Sha256Hex(bytes)}; }

TEST_F(StoreDeskTest, PutArtifact_IsKeptUnderTheAttemptAndSettles) {
  const AppId app = plan::testing::FreshApp().app.id;
  const model::Image kept = mine_.PutArtifact({}, claim_, DigestOf("site"), Bytes("site")).value();
  EXPECT_EQ(kept, model::ArtifactOf(app, claim_.build, 1, Sha256Hex("site"), 4));
  EXPECT_EQ(kept.ArtifactKey(), "artifacts/" + app.str() + "/" + claim_.build.str() + "-1.tar.gz");
  EXPECT_EQ(storage_.Stat({}, kept.ArtifactKey())->size, 4u);
  EXPECT_EQ(kept.Pinned(), "");
  model::BuildResult result;
  result.status = BuildStatus::kSucceeded;
  result.image = kept;
  ASSERT_EQ(mine_.Settle({}, claim_, result), Status());
  EXPECT_EQ(store_.builds.Get(claim_.build)->image, kept);
}

TEST_F(StoreDeskTest, PutArtifact_OfOtherBytesOrAnotherHost_KeepsNothing) {
  EXPECT_EQ(mine_.PutArtifact({}, claim_, DigestOf("site"), Bytes("else")).status().reason(),
            "DigestMismatch");
  EXPECT_EQ(others_.PutArtifact({}, claim_, DigestOf("site"), Bytes("site")).status().code(),
            Code::kStale);
  EXPECT_THAT(storage_.List({}, {}).value(), IsEmpty());
}

TEST_F(StoreDeskTest, PutArtifact_WithoutAStorage_IsTheOperators) {
  StoreDesk desk{store_, registry_, nullptr, {kKey, Secret()}, IdOf<HostId>(1)};
  const Status none = desk.PutArtifact({}, claim_, DigestOf("site"), Bytes("site")).status();
  EXPECT_EQ(none.reason(), "NoStorage");
  EXPECT_EQ(none.fault(), Fault::kOperator);
}

TEST_F(StoreDeskTest, Settle_WithAnArtifactThatWasNotPut_IsRefused) {
  const AppId app = plan::testing::FreshApp().app.id;
  const auto settle = [&](const model::Image& image) {
    model::BuildResult result;
    result.status = BuildStatus::kSucceeded;
    result.image = image;
    return mine_.Settle({}, claim_, result).code();
  };
  const model::Image right = model::ArtifactOf(app, claim_.build, 1, Sha256Hex("site"), 4);
  EXPECT_EQ(settle(right), Code::kNotFound);
  ASSERT_TRUE(mine_.PutArtifact({}, claim_, DigestOf("site"), Bytes("site")).ok());
  EXPECT_EQ(settle(model::ArtifactOf(app, claim_.build, 2, Sha256Hex("site"), 4)), Code::kInvalid);
  EXPECT_EQ(settle(model::ArtifactOf(app, IdOf<BuildId>(2), 1, Sha256Hex("site"), 4)),
            Code::kInvalid);
  EXPECT_EQ(settle(model::ArtifactOf(app, claim_.build, 1, Sha256Hex("site"), 5)), Code::kInvalid);
  EXPECT_EQ(settle(model::ArtifactOf(app, claim_.build, 1, "short", 4)), Code::kInvalid);
  EXPECT_EQ(settle(right), Code::kOk);
}

TEST_F(StoreDeskTest, Order_OfABuildOfAnotherHostOrToken_IsStale) {
  EXPECT_EQ(others_.Order({}, claim_).status().code(), Code::kStale);
  EXPECT_EQ(mine_.Order({}, {claim_.build, "other"}).status().code(), Code::kStale);
  EXPECT_EQ(mine_.Order({}, {claim_.build, ""}).status().code(), Code::kStale);
  EXPECT_EQ(mine_.Order({}, {IdOf<BuildId>(9), claim_.token}).status().code(), Code::kStale);
  ASSERT_TRUE(mine_.Settle({}, claim_, {BuildStatus::kFailed, Internal("x"), {}, {}}).ok());
  EXPECT_EQ(mine_.Order({}, claim_).status().code(), Code::kStale);
}

TEST_F(StoreDeskTest, Order_AfterTheApplicationHasChanged_IsSuperseded) {
  ASSERT_TRUE(Change().ok());
  const Status order = mine_.Order({}, claim_).status();
  EXPECT_EQ(order.code(), Code::kCancelled);
  EXPECT_EQ(order.reason(), model::kSuperseded);
}

TEST_F(StoreDeskTest, Renew_AnswersEachInOrder) {
  const auto renewals = mine_.Renew({}, {{claim_.build, "other"}, claim_}).value();
  ASSERT_THAT(renewals, SizeIs(2));
  EXPECT_EQ(renewals[0].code(), Code::kStale);
  EXPECT_TRUE(renewals[1].ok());
  ASSERT_TRUE(store_.builds.Cancel(claim_.build).ok());
  EXPECT_EQ(mine_.Renew({}, {claim_}).value().at(0).code(), Code::kCancelled);
}

TEST_F(StoreDeskTest, Phase_IsRecordedForTheHolderOnly) {
  EXPECT_EQ(others_.Phase({}, claim_, "plan", "x").code(), Code::kStale);
  EXPECT_THAT(Phases(), IsEmpty());
  ASSERT_TRUE(mine_.Phase({}, claim_, "plan", "build method").ok());
  ASSERT_THAT(Phases(), SizeIs(1));
  EXPECT_EQ(Phases()[0].kind, "build.phase");
  EXPECT_EQ(Phases()[0].reason, "plan");
}

TEST_F(StoreDeskTest, Settle_SecondTime_IsStale) {
  const model::BuildResult failed{BuildStatus::kFailed, Internal("x"), {}, {}};
  EXPECT_TRUE(mine_.Settle({}, claim_, failed).ok());
  EXPECT_EQ(mine_.Settle({}, claim_, failed).code(), Code::kStale);
}

}  // namespace
}  // namespace ns::act
