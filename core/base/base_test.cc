#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/failpoint.h"
#include "base/id.h"
#include "base/log.h"
#include "base/random.h"
#include "base/sha256.h"
#include "base/status.h"

namespace ns {
namespace {

TEST(Status, Prefixed_KeepsCodeAndReason) {
  const Status status = Status(Code::kUnavailable, "RegistryDown", "no answer").Prefixed("push");
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.ToString(), "unavailable [RegistryDown]: push: no answer");
}

TEST(Id, New_IsTwentyTwoHexCharactersAndDistinct) {
  std::set<AppId> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(AppId::New(SystemRandom()));
  EXPECT_EQ(ids.size(), 1000u);
  EXPECT_TRUE(IsId(ids.begin()->str()));
  EXPECT_FALSE(IsId("ABCDEF0123456789abcdef"));
}

TEST(SeededRandom, SameSeed_SameNumbers) {
  SeededRandom a(7), b(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.Below(1000), b.Below(1000));
}

TEST(Log, Redirected_GoesThereFromItsLevelOn) {
  std::string got;
  log::Redirect(log::Level::kWarn, [&](log::Level, std::string_view line) { got += line; });
  EXPECT_FALSE(log::Enabled(log::Level::kInfo));
  log::Info("not this");
  log::Error("this", {{"why", "two words"}});
  log::Redirect(log::Level::kInfo, nullptr);
  EXPECT_EQ(got, "this why=\"two words\"");
}

TEST(KeyHasher, FieldBorders_ChangeTheKey) {
  const Secret key(std::string(32, 'k'));
  EXPECT_NE(KeyHasher(key).Add("a").Add("bc").Finish(), KeyHasher(key).Add("ab").Add("c").Finish());
  EXPECT_EQ(KeyHasher(key).Add("a").Finish().size(), 40u);
}

TEST(Sealer, Open_FailsElsewhereThanItWasPut) {
  const Sealer sealer("k1", Secret(std::string(32, 's')));
  const std::string sealed = sealer.Seal(Secret("hunter2"), "env/app1/KEY");
  EXPECT_EQ(sealer.Open(sealed, "env/app1/KEY").value().Reveal(), "hunter2");
  EXPECT_EQ(sealer.Open(sealed, "env/app2/KEY").status().code(), Code::kInvalid);
  EXPECT_EQ(sealer.Open("short", "x").status().code(), Code::kInvalid);
}

TEST(Sha256, InPieces_AsAtOnce) {
  Sha256 digest;
  for (const char* piece : {"sta", "", "tic"}) digest.Add(piece);
  EXPECT_EQ(digest.FinishHex(), Sha256Hex("static"));
}

TEST(Sha256Hex, Empty_IsTheKnownDigest) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Base64, RoundTrip_AndRefusal) {
  EXPECT_EQ(FromBase64(ToBase64("\xff hi")).value(), "\xff hi");
  EXPECT_FALSE(FromBase64("!!").ok());
  EXPECT_FALSE(FromBase64("AAAA\xf0\x9f\x98\x80").ok()) << "four bytes beyond ASCII";
  EXPECT_FALSE(FromBase64Url("AAAA\xf0\x9f\x98\x80").ok());
}

TEST(SshKeyPair, Lines_HaveOpenSshForm) {
  const SshKeyPair pair = NewSshKeyPair("neoshowcase");
  EXPECT_THAT(pair.public_line, testing::StartsWith("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"));
  EXPECT_THAT(pair.private_pem.Reveal(),
              testing::StartsWith("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA"));
}

TEST(Failpoints, Spec_ReadsActionsAndTimes) {
  EXPECT_EQ(ParseFailpoints("a.b=crash;c=lost@2;d=tell;").value(),
            (std::vector<FailpointRule>{{"a.b", FailpointAction::kCrash, 0},
                                        {"c", FailpointAction::kLost, 2},
                                        {"d", FailpointAction::kTell, 0}}));
  EXPECT_TRUE(ParseFailpoints("").value().empty());
  for (const char* wrong : {"a", "=crash", "a=", "a=boom", "a=crash@", "a=crash@0", "a=crash@-1",
                            "a=crash@2x", "a=error@99999999999", ";a=crash"}) {
    EXPECT_EQ(ParseFailpoints(wrong).status().code(), Code::kInvalid) << wrong;
  }
}

TEST(Failpoints, Numbered_ActsThatTimeOnly) {
  ConfigureFailpoints(std::string("x=error@2;y=lost;z=tell"));
  EXPECT_FALSE(Failpoint("x"));
  EXPECT_TRUE(Failpoint("x"));
  EXPECT_FALSE(Failpoint("x"));
  EXPECT_TRUE(Failpoint("y"));
  EXPECT_TRUE(Failpoint("y"));
  EXPECT_FALSE(Failpoint("z"));
  EXPECT_FALSE(Failpoint("another"));
  ConfigureFailpoints(std::string());
  EXPECT_FALSE(FailpointsConfigured());
  EXPECT_FALSE(Failpoint("y"));
}

TEST(FailpointsDeathTest, Crash_EndsTheProcessAsBySigkill) {
  const auto die = [] {
    ConfigureFailpoints(std::string("x=crash@2"));
    (void)Failpoint("x");
    (void)Failpoint("x");
  };
  EXPECT_EXIT(die(), ::testing::KilledBySignal(SIGKILL), "^failpoint x: crash\n$");
}

TEST(FormatTime, Epoch_AndFractions) {
  EXPECT_EQ(FormatTime(Time(std::chrono::microseconds(1'000'001))), "1970-01-01T00:00:01.000001Z");
}

}  // namespace
}  // namespace ns
