#include <gmock/gmock.h>

#include "api/api_world.h"
#include "neoshowcase/platform/v1/repository.pb.h"

namespace ns::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Fields = std::vector<std::string>;
using Lines = std::vector<std::string>;

class HostKeysTest : public ApiWorld {
 protected:
  template <class Out = Empty, class In>
  Result<Out> Keys(const Peer& peer, const std::string& method, const In& in) {
    return Sent<Out>(peer, "neoshowcase.platform.v1.RepositoryService/" + method, in);
  }
  static own_pb::CreateRepositoryRequest NewSsh(const Lines& keys = {}) {
    own_pb::CreateRepositoryRequest in;
    *in.mutable_repository() = NewRepository("git@git.test:a/x.git");
    in.mutable_repository()->mutable_auth()->mutable_ssh();
    in.mutable_host_keys()->Assign(keys.begin(), keys.end());
    return in;
  }
  void Make(const Lines& keys = {}) {
    const auto made = Keys<api_pb::Repository>(Named("alice"), "CreateRepository", NewSsh(keys));
    ASSERT_TRUE(made.ok()) << made.status().ToString();
    id = made->id();
    git.asked.clear();
    git.looked.clear();
  }
  Lines Stored() {
    return store.store().repositories.Get(RepositoryId(id)).value().credentials.host_keys;
  }
  own_pb::HostKeys Get(bool pinned_only = false) {
    own_pb::GetHostKeysRequest in;
    in.set_repository_id(id);
    in.set_pinned_only(pinned_only);
    return Keys<own_pb::HostKeys>(Named("alice"), "GetHostKeys", in).value();
  }
  own_pb::SetHostKeysRequest Setting(const Lines& keys, const std::string& accept = "") const {
    own_pb::SetHostKeysRequest in;
    in.set_repository_id(id);
    in.mutable_host_keys()->Assign(keys.begin(), keys.end());
    in.set_accept(accept);
    return in;
  }
  Status Set(const own_pb::SetHostKeysRequest& in) {
    return Keys<own_pb::HostKeys>(Named("alice"), "SetHostKeys", in).status();
  }
  own_pb::UpdateRepositoryRequest Edit() const {
    own_pb::UpdateRepositoryRequest in;
    in.set_repository_id(id);
    return in;
  }
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (const auto& event : store.Events()) {
      if (event.kind == "host_keys.changed") told.push_back(event.message);
    }
    return told;
  }

  std::string id;
};

TEST_F(HostKeysTest, Create_PinsWhatTheHostShowsBeforeItIsToldCredentials) {
  Keys<api_pb::Repository>(Named("alice"), "CreateRepository", NewSsh()).value();
  ASSERT_EQ(git.looked.size(), 1u);
  EXPECT_THAT(git.looked[0].credentials.host_keys, IsEmpty());
  ASSERT_EQ(git.asked.size(), 1u);
  EXPECT_THAT(git.asked[0].credentials.host_keys, ElementsAre(kHostKeyA));
  EXPECT_THAT(Told(), ElementsAre(kPrintA + " (ssh-ed25519)"));
}

TEST_F(HostKeysTest, PublicCreate_PinsToo) {
  id = Call<api_pb::Repository>(Named("alice"), "CreateRepository", NewSsh().repository())
           .value()
           .id();
  EXPECT_THAT(Stored(), ElementsAre(kHostKeyA));
}

TEST_F(HostKeysTest, OfCredentialsThatDoNotOpen_CanBeLookedAtAndSet) {
  Make();
  store.BreakSeal(RepositoryId(id));
  git.host_key = kHostKeyB;
  EXPECT_EQ(Get().shown().fingerprint(), kPrintB);
  EXPECT_EQ(Set(Setting({}, kPrintB)), Status());
  EXPECT_THAT(Stored(), ElementsAre(kHostKeyB));
  EXPECT_TRUE(store.store().repositories.Get(RepositoryId(id))->credentials.seal_broken);
  EXPECT_THAT(git.asked, IsEmpty()) << "it is told no credentials";
}

TEST_F(HostKeysTest, Create_WithKeys_PinsThoseAndNeedsNoLook) {
  Make({kHostKeyB + " root@git.test", kHostKeyA, kHostKeyB});
  EXPECT_THAT(Stored(), ElementsAre(kHostKeyB, kHostKeyA));
  EXPECT_THAT(Told(),
              ElementsAre(kPrintB + " (ecdsa-sha2-nistp256), " + kPrintA + " (ssh-ed25519)"));
}

TEST_F(HostKeysTest, Create_OfAHostThatIsRefused_NamesTheField) {
  git.verdict = Status(Code::kDenied, "HostKeyRefused", "an RSA key must have 2048 bits");
  Status status = Keys(Named("alice"), "CreateRepository", NewSsh()).status();
  EXPECT_EQ(status.reason(), "HostKeyRefused");
  EXPECT_EQ(FieldsOf(status), Fields{"repository.url"});
  EXPECT_THAT(git.asked, IsEmpty()) << "it is told nothing";
  git.failure = Status(Code::kDenied, "HostKeyChanged", "it shows another");
  status = Keys(Named("alice"), "CreateRepository", NewSsh({kHostKeyA})).status();
  EXPECT_EQ(status.reason(), "HostKeyChanged");
  EXPECT_EQ(FieldsOf(status), Fields{"host_keys"});
}

TEST_F(HostKeysTest, Create_NamesTheKeyThatIsNone) {
  const auto fields = [&](const own_pb::CreateRepositoryRequest& in) {
    const Status status = Keys(Named("alice"), "CreateRepository", in).status();
    EXPECT_EQ(status.code(), Code::kInvalid);
    return FieldsOf(status);
  };
  EXPECT_EQ(fields(NewSsh({kHostKeyA, "ssh-ed25519 AAAA", "git.test " + kHostKeyB})),
            (Fields{"host_keys[1]", "host_keys[2]"}));
  EXPECT_EQ(fields(NewSsh(Lines(17, kHostKeyA))), Fields{"host_keys"});
  auto in = NewSsh({kHostKeyA});
  *in.mutable_repository() = NewRepository();
  EXPECT_EQ(fields(in), Fields{"host_keys"}) << "https has none";
  EXPECT_THAT(git.asked, IsEmpty());
}

TEST_F(HostKeysTest, Update_KeepsThePinsOfAHostAndPinsThatOfAnother) {
  Make();
  git.host_key = kHostKeyB;
  auto in = Edit();
  in.mutable_update()->set_url("ssh://git@git.test/a/y.git");
  in.mutable_update()->mutable_auth()->mutable_ssh();
  ASSERT_TRUE(Keys(Named("alice"), "UpdateRepository", in).ok());
  EXPECT_THAT(Stored(), ElementsAre(kHostKeyA)) << "port 22 of the same host";
  EXPECT_THAT(git.looked, IsEmpty());
  in.mutable_update()->set_url("ssh://git@git.test:2222/a/y.git");
  ASSERT_TRUE(Keys(Named("alice"), "UpdateRepository", in).ok());
  EXPECT_THAT(Stored(), ElementsAre(kHostKeyB));
  in.mutable_update()->set_url("ssh://git@other.test/a/y.git");
  in.add_host_keys(kHostKeyA);
  ASSERT_TRUE(Keys(Named("alice"), "UpdateRepository", in).ok());
  EXPECT_THAT(Stored(), ElementsAre(kHostKeyA));
  EXPECT_EQ(git.looked.size(), 1u);
  in = Edit();
  in.mutable_update()->set_url("https://git.test/a/y.git");
  in.mutable_update()->mutable_auth()->mutable_none();
  ASSERT_TRUE(Keys(Named("alice"), "UpdateRepository", in).ok());
  EXPECT_THAT(Stored(), IsEmpty());
}

TEST_F(HostKeysTest, Update_OfAnotherRepositoryThanIsAllowed_IsRefused) {
  Make();
  auto in = Edit();
  in.mutable_update()->set_id(std::string(22, '0'));
  EXPECT_EQ(FieldsOf(Keys(Named("alice"), "UpdateRepository", in).status()), Fields{"update.id"});
  in.mutable_update()->set_id(id);
  EXPECT_TRUE(Keys(Named("alice"), "UpdateRepository", in).ok());
}

TEST_F(HostKeysTest, Get_TellsThePinnedAndTheShownKey) {
  Make();
  own_pb::HostKeys keys = Get();
  EXPECT_EQ(keys.host(), "git.test:22");
  ASSERT_EQ(keys.pinned_size(), 1);
  EXPECT_EQ(keys.pinned(0).public_key(), kHostKeyA);
  EXPECT_EQ(keys.pinned(0).fingerprint(), kPrintA);
  EXPECT_TRUE(keys.trusted());
  EXPECT_THAT(git.looked.back().credentials.host_keys, ElementsAre(kHostKeyA));
  git.host_key = kHostKeyB;
  git.verdict = Status(Code::kDenied, "HostKeyChanged", "it shows another");
  keys = Get();
  EXPECT_EQ(keys.shown().fingerprint(), kPrintB);
  EXPECT_FALSE(keys.trusted());
  EXPECT_EQ(keys.reason(), "HostKeyChanged");
  git.failure = Status(Code::kUnavailable, "RemoteUnreachable", "connection refused");
  keys = Get();
  EXPECT_FALSE(keys.has_shown() || keys.trusted());
  EXPECT_EQ(keys.pinned_size(), 1) << "what is pinned is told anyway";
  EXPECT_EQ(keys.reason(), "RemoteUnreachable");
}

TEST_F(HostKeysTest, GetPinnedOnly_ConnectsToNobody) {
  Make({kHostKeyB, kHostKeyA});
  git.verdict = Status(Code::kDenied, "HostKeyChanged", "it shows another");
  const own_pb::HostKeys keys = Get(true);
  EXPECT_EQ(keys.host(), "git.test:22");
  ASSERT_EQ(keys.pinned_size(), 2);
  EXPECT_EQ(keys.pinned(0).public_key(), kHostKeyB);
  EXPECT_EQ(keys.pinned(1).fingerprint(), kPrintA);
  EXPECT_FALSE(keys.has_shown() || keys.trusted());
  EXPECT_EQ(keys.reason() + keys.message(), "");
  EXPECT_THAT(git.looked, IsEmpty());
  EXPECT_THAT(git.asked, IsEmpty());
}

TEST_F(HostKeysTest, GetPinnedOnly_NeedsNoTurnAmongThoseWhoWait) {
  Make();
  own_pb::GetHostKeysRequest in;
  in.set_repository_id(id);
  Status asked, pinned(Code::kInternal, "it was not called");
  // Each comes while the one before waits for the host.
  git.on_ask = [&] {
    if (Call(Named("alice"), "GetRepositoryRefs", OfRepository(id)).ok()) return;
    asked = Keys<own_pb::HostKeys>(Named("alice"), "GetHostKeys", in).status();
    in.set_pinned_only(true);
    pinned = Keys<own_pb::HostKeys>(Named("alice"), "GetHostKeys", in).status();
  };
  git.on_ask();
  EXPECT_EQ(asked.reason(), "TooManyCalls");
  EXPECT_EQ(pinned, Status());
}

TEST_F(HostKeysTest, Accept_TakesExactlyTheKeyThatWasSeen) {
  Make();
  git.host_key = kHostKeyB;
  Status status = Set(Setting({}, kPrintA));
  EXPECT_EQ(status.code(), Code::kStale);
  EXPECT_EQ(status.reason(), "HostKeyMismatch");
  EXPECT_THAT(status.message(), HasSubstr(kPrintB));
  EXPECT_EQ(FieldsOf(status), Fields{"accept"});
  EXPECT_THAT(Stored(), ElementsAre(kHostKeyA));
  EXPECT_EQ(Set(Setting({}, kPrintB)), Status());
  EXPECT_THAT(Stored(), ElementsAre(kHostKeyB));
  git.verdict = Status(Code::kDenied, "HostKeyRefused", "weak");
  EXPECT_EQ(Set(Setting({}, kPrintB)).reason(), "HostKeyRefused");
  git.failure = Status(Code::kDeadline, "RemoteTimeout", "took too long");
  status = Set(Setting({}, kPrintB));
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.reason(), "RemoteTimeout");
}

TEST_F(HostKeysTest, Set_ReplacesThemAllAndWakesTheFetcher) {
  Make();
  std::vector<std::string> hints;
  store.store().hints.Subscribe([&](const ports::Hint& hint) {
    if (hint.kind == ports::Hint::Kind::kRepository) hints.push_back(hint.id);
  });
  EXPECT_EQ(Set(Setting({kHostKeyB, kHostKeyA})), Status());
  EXPECT_THAT(Stored(), ElementsAre(kHostKeyB, kHostKeyA));
  EXPECT_THAT(hints, ElementsAre(id));
  EXPECT_THAT(git.looked, IsEmpty()) << "the host may be down";
  EXPECT_EQ(Set(Setting({kHostKeyB, kHostKeyA})), Status());
  EXPECT_EQ(hints.size(), 1u) << "nothing has changed";
  EXPECT_EQ(FieldsOf(Set(Setting({kHostKeyA}, kPrintA))), Fields{"host_keys"});
  EXPECT_EQ(FieldsOf(Set(Setting({"ssh-ed25519"}))), Fields{"host_keys[0]"});
  EXPECT_EQ(Told().back(), kPrintB + " (ecdsa-sha2-nistp256), " + kPrintA + " (ssh-ed25519)");
}

// Else the next fetch would pin what the host shows, unseen by anybody.
TEST_F(HostKeysTest, Set_OfNone_IsRefusedAndKeepsThePins) {
  Make();
  const Status refused = Set(Setting({}));
  EXPECT_EQ(refused.code(), Code::kInvalid);
  EXPECT_EQ(FieldsOf(refused), Fields{"host_keys"});
  EXPECT_THAT(refused.message(), HasSubstr("pins are replaced and never removed"));
  EXPECT_THAT(Stored(), ElementsAre(kHostKeyA));
}

TEST_F(HostKeysTest, OfARepositoryWithoutSsh_ThereAreNone) {
  id = MakeRepository(Named("alice"));
  own_pb::GetHostKeysRequest in;
  in.set_repository_id(id);
  for (const bool pinned_only : {false, true}) {
    in.set_pinned_only(pinned_only);
    EXPECT_EQ(Keys<own_pb::HostKeys>(Named("alice"), "GetHostKeys", in).status().reason(),
              "NotSsh");
  }
  EXPECT_EQ(Set(Setting({kHostKeyA})).reason(), "NotSsh");
  EXPECT_THAT(git.looked, IsEmpty());
}

}  // namespace
}  // namespace ns::api
