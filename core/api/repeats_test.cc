#include "api/repeats.h"

#include <gmock/gmock.h>

#include <thread>

#include "api/api_world.h"

namespace ns::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Peer With(Peer peer, const std::string& key) {
  peer.headers.emplace_back("idempotency-key", key);
  return peer;
}

class RepeatsTest : public ApiWorld {
 protected:
  Result<api_pb::Repository> Create(const Peer& peer,
                                    const std::string& url = "https://git.test/a/shop.git") {
    return Call<api_pb::Repository>(peer, "CreateRepository", NewRepository(url));
  }
  // Newest first.
  std::vector<model::AuditEvent> Told() {
    ports::AuditQuery query;
    query.all = true;
    return store.store().audit.List(query).value();
  }
  size_t Repositories() { return store.store().repositories.List()->size(); }
  static std::string ReasonOf(const Status& refusal) {
    google::rpc::Status wire;
    EXPECT_TRUE(wire.ParseFromString(refusal.details()));
    google::rpc::ErrorInfo info;
    int infos = 0;
    for (const auto& detail : wire.details()) infos += detail.UnpackTo(&info) ? 1 : 0;
    EXPECT_EQ(infos, 1);
    return info.reason();
  }
};

TEST_F(RepeatsTest, SecondCall_IsAnsweredAsTheFirstAndDoesNothing) {
  const auto first = Create(With(Named("alice"), "k1"));
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  const auto again = Create(With(Named("alice"), "k1"));
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(git.asked.size(), 1U);
  EXPECT_EQ(Create(Named("alice")).status().code(), Code::kExists) << "without a key";
  const auto events = Told();
  EXPECT_EQ(events[1].reason, "Repeated");
  EXPECT_EQ(events[2].reason, "");
}

TEST_F(RepeatsTest, QuotedAndBareKeys_AreOne) {
  ASSERT_TRUE(Create(With(Named("alice"), "\"k\\\"1\"")).ok());
  EXPECT_TRUE(Create(With(Named("alice"), "k\"1")).ok());
}

TEST_F(RepeatsTest, DeletedMeanwhile_IsStillAnswered) {
  const auto app = MakeApp(Named("alice"));
  ASSERT_TRUE(Call(With(Named("alice"), "k1"), "DeleteApplication", OfApp(app.id())).ok());
  ASSERT_TRUE(store.store().deploys.ConfirmRemoved(AppId(app.id())).ok());
  ASSERT_TRUE(store.store().deploys.Purge(AppId(app.id())).ok());
  EXPECT_TRUE(Call(With(Named("alice"), "k1"), "DeleteApplication", OfApp(app.id())).ok());
  EXPECT_EQ(Call(Named("alice"), "DeleteApplication", OfApp(app.id())).status().code(),
            Code::kNotFound);
}

TEST_F(RepeatsTest, KeyOfAnotherRequest_IsRefused) {
  ASSERT_TRUE(Create(With(Named("alice"), "k1")).ok());
  const Status refused = Create(With(Named("alice"), "k1"), "https://git.test/b.git").status();
  EXPECT_EQ(refused.code(), Code::kInvalid);
  EXPECT_EQ(ReasonOf(refused), "IdempotencyKeyReused");
  EXPECT_THAT(FieldsOf(refused), ElementsAre("Idempotency-Key"));
  EXPECT_EQ(Call(With(Named("alice"), "k1"), "GenerateKeyPair", Empty()).status().code(),
            Code::kInvalid);
  EXPECT_EQ(Repositories(), 1U);
}

TEST_F(RepeatsTest, OtherUsers_HaveOtherKeys) {
  ASSERT_TRUE(Create(With(Named("alice"), "k1")).ok());
  EXPECT_TRUE(Create(With(Named("bob"), "k1"), "https://git.test/b.git").ok());
  EXPECT_EQ(Repositories(), 2U);
}

TEST_F(RepeatsTest, Refusal_IsGivenAgainWithItsFields) {
  const auto bad = [&](const Peer& peer) { return Create(peer, "file:///etc").status(); };
  const Status first = bad(With(Named("alice"), "k1")), again = bad(With(Named("alice"), "k1"));
  EXPECT_EQ(first.code(), Code::kInvalid);
  EXPECT_EQ(again, first);
  EXPECT_EQ(ReasonOf(again), ReasonOf(first));
  EXPECT_THAT(FieldsOf(again), ElementsAre("url"));
  EXPECT_EQ(again.details(), first.details());
}

TEST_F(RepeatsTest, WhatIsNotFinal_IsTriedAgain) {
  store.FailWith(Unavailable("the database does not answer"));
  EXPECT_EQ(Create(With(Named("alice"), "k1")).status().code(), Code::kUnavailable);
  store.FailWith(Status());
  for (const char* reason : {"RemoteUnreachable", "RemoteTimeout"}) {
    git.failure = Status(Code::kUnavailable, reason, "the remote does not answer");
    EXPECT_EQ(Create(With(Named("alice"), "k1")).status().code(), Code::kInvalid) << reason;
  }
  git.failure = Internal("broken");
  EXPECT_EQ(Create(With(Named("alice"), "k1")).status().code(), Code::kInternal);
  git.failure = Status();
  EXPECT_TRUE(Create(With(Named("alice"), "k1")).ok());
}

TEST_F(RepeatsTest, AnswerOlderThanADay_IsForgotten) {
  ASSERT_TRUE(Create(With(Named("alice"), "k1")).ok());
  clock.Advance(std::chrono::hours(24));
  EXPECT_EQ(Create(With(Named("alice"), "k1")).status().code(), Code::kExists);
}

TEST_F(RepeatsTest, BadKeys_AreRefusedBeforeAnythingIsDone) {
  for (const std::string& key : {std::string(), std::string("a b"), std::string("\"\""),
                                 std::string(256, 'k'), std::string("k\xc3\xa9")}) {
    EXPECT_THAT(FieldsOf(Create(With(Named("alice"), key)).status()),
                ElementsAre("Idempotency-Key"))
        << key;
  }
  EXPECT_THAT(FieldsOf(Create(With(With(Named("alice"), "a"), "a")).status()),
              ElementsAre("Idempotency-Key"));
  EXPECT_EQ(Repositories(), 0U);
}

TEST_F(RepeatsTest, Reads_HaveNoKeys) {
  EXPECT_TRUE(Call<api_pb::User>(With(Named("alice"), "k1"), "GetMe", Empty()).ok());
  EXPECT_TRUE(Call(With(Named("alice"), "k1"), "GetRepositories", Empty()).ok());
}

TEST_F(RepeatsTest, FirstUnderWay_HasTheSecondComeBack) {
  // The first is held at its remote until the second was refused.
  class HeldGit final : public ports::GitRemote {
   public:
    explicit HeldGit(FakeGit& git, std::function<void()> held)
        : git_(git), held_(std::move(held)) {}
    Result<std::vector<model::GitRef>> ListRefs(const ports::Call& call,
                                                const ports::Remote& remote) override {
      held_();
      return git_.ListRefs(call, remote);
    }
    Result<std::vector<model::Commit>> Commits(const ports::Call& call, const ports::Remote& remote,
                                               const std::vector<std::string>& hashes) override {
      return git_.Commits(call, remote, hashes);
    }
    Status Checkout(const ports::Call& call, const ports::Remote& remote, const std::string& commit,
                    const std::string& folder, const ports::LargeFiles& large) override {
      return git_.Checkout(call, remote, commit, folder, large);
    }
    Result<ports::HostKeyLook> HostKey(const ports::Call& call,
                                       const ports::Remote& remote) override {
      return git_.HostKey(call, remote);
    }

   private:
    FakeGit& git_;
    const std::function<void()> held_;
  };
  Status second;
  HeldGit held(git, [&] { second = Create(With(Named("alice"), "k1")).status(); });
  Dispatcher first(TestSettings(),
                   {store.store(), held, outputs, clock, random, [this] { return &storage; }});
  const auto answer =
      first.Invoke({}, With(Named("alice"), "k1"), std::string(kApiService) + "CreateRepository",
                   NewRepository().SerializeAsString());
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(second.code(), Code::kStale);
  EXPECT_EQ(ReasonOf(second), "CallUnderWay");
  EXPECT_EQ(second.retry_after(), std::chrono::seconds(1));
  EXPECT_EQ(Raw(With(Named("alice"), "k1"), std::string(kApiService) + "CreateRepository",
                NewRepository().SerializeAsString())
                .value(),
            *answer)
      << "by another gateway";
}

}  // namespace
}  // namespace ns::api
