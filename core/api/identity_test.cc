#include "api/identity.h"

#include <gtest/gtest.h>

namespace ns::api {
namespace {

IdentitySettings Behind() {
  IdentitySettings settings;
  settings.header = "X-Forwarded-User";
  settings.proxies = {"10.0.0.1"};
  settings.secret = Secret("s3cret");
  settings.admins = {"Alice"};
  settings.service_uids = {777};
  settings.service_gids = {888};
  return settings;
}

Peer Proxied(const std::string& user) {
  return {
      false, 0, 0, "10.0.0.1", {{"x-forwarded-user", user}, {"x-neoshowcase-secret", "s3cret"}}};
}

Result<Claim> IdentifyAt(const IdentitySettings& settings, const Peer& peer) {
  return Identify(settings, peer, Time(std::chrono::hours(24)));
}

std::string ReasonOf(const Peer& peer, const IdentitySettings& settings = Behind()) {
  const auto claim = IdentifyAt(settings, peer);
  if (claim.ok()) return "";
  EXPECT_EQ(claim.status().code(), Code::kUnauthenticated);
  return claim.status().reason();
}

TEST(Identify, PeerOfTheUnixSocket_IsItsAccount) {
  EXPECT_EQ(IdentifyAt(Behind(), {true, 0, 0, "", {}}).value(), (Claim{"root@local", true}));
  EXPECT_EQ(IdentifyAt(Behind(), {true, 4242, 4242, "", {}}).value(),
            (Claim{"uid-4242@local", false}));
  EXPECT_EQ(IdentifyAt(Behind(), {true, 777, 1, "", {}}).value(), (Claim{"uid-777@local", true}));
  EXPECT_EQ(IdentifyAt(Behind(), {true, 4242, 888, "", {}}).value(),
            (Claim{"uid-4242@local", true}));
}

TEST(Identify, HeaderOnTheUnixSocket_DoesNotCount) {
  Peer peer = Proxied("alice");
  peer.has_credentials = true;
  peer.uid = 4242;
  EXPECT_EQ(IdentifyAt(Behind(), peer).value().name, "uid-4242@local");
}

TEST(Identify, ListedProxyWithTheSecret_NamesTheUser) {
  EXPECT_EQ(IdentifyAt(Behind(), Proxied("bob")).value(), (Claim{"bob", false}));
  EXPECT_EQ(IdentifyAt(Behind(), Proxied("aLICE")).value(), (Claim{"aLICE", true}));
  Peer mapped = Proxied("bob");
  mapped.address = "::ffff:10.0.0.1";
  EXPECT_TRUE(IdentifyAt(Behind(), mapped).ok());
}

TEST(Identify, Loopback_MakesNobodyAUser) {
  EXPECT_EQ(ReasonOf({false, 0, 0, "127.0.0.1", {}}), "NoIdentity");
  Peer peer = Proxied("alice");
  peer.address = "127.0.0.1";
  EXPECT_EQ(ReasonOf(peer), "ProxyNotTrusted");
}

TEST(Identify, ProxyWithoutTheSecret_NamesNobody) {
  Peer peer = Proxied("alice");
  peer.headers.pop_back();
  EXPECT_EQ(ReasonOf(peer), "ProxySecretWrong");
  peer.headers.emplace_back("x-neoshowcase-secret", "s3creT");
  EXPECT_EQ(ReasonOf(peer), "ProxySecretWrong");
  IdentitySettings open = Behind();
  open.secret = Secret();
  peer.headers.back().second = "";
  EXPECT_EQ(ReasonOf(peer, open), "ProxySecretWrong");
}

TEST(Identify, HeaderTwice_IsAmbiguous) {
  Peer peer = Proxied("alice");
  peer.headers.emplace_back("x-forwarded-user", "bob");
  EXPECT_EQ(ReasonOf(peer), "AmbiguousIdentity");
}

TEST(Identify, BadName_IsRefused) {
  EXPECT_EQ(ReasonOf(Proxied("")), "NoIdentity");
  EXPECT_EQ(ReasonOf(Proxied("a\tb")), "BadIdentity");
  EXPECT_EQ(ReasonOf(Proxied(std::string(101, 'x'))), "BadIdentity");
  EXPECT_EQ(ReasonOf(Proxied("root@LOCAL")), "BadIdentity");
}

TEST(Identify, NoHeaderConfigured_NamesNobody) {
  IdentitySettings none;
  EXPECT_EQ(ReasonOf(Proxied("alice"), none), "NoIdentity");
}

}  // namespace
}  // namespace ns::api
