#include "api/identity_token.h"

#include <gtest/gtest.h>

#include "api/identity.h"
#include "base/crypto.h"
#include "base/random.h"

namespace ns::api {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kNow = 1'700'000'000;  // seconds
const SigningKey kKey = SigningKeyOf(Secret(std::string(32, 'a')));
const SigningKey kNext = SigningKeyOf(Secret(std::string(32, 'b')));
const SigningKey kForeign = SigningKeyOf(Secret(std::string(32, 'c')));
constexpr char kHeader[] = R"({"alg":"EdDSA","kid":"edge-1","typ":"JWT"})";

Time At(int64_t seconds) { return Time(std::chrono::seconds(seconds)); }

IdentityTokenRules Rules() {
  return {{{"edge-1", kKey.public_key}, {"edge-2", kNext.public_key}}, "home"};
}

std::string Signed(const std::string& header, const std::string& claims,
                   const SigningKey& key = kKey) {
  const std::string text = ToBase64Url(header) + "." + ToBase64Url(claims);
  return text + "." + ToBase64Url(SignEd25519(key, text));
}
// Claims that hold, with `more` behind them.
std::string Claims(const std::string& more = "", int64_t issued = kNow, int64_t life = 60) {
  return R"({"name":"alice","aud":"home","host":"api.test","iat":)" + std::to_string(issued) +
         R"(,"exp":)" + std::to_string(issued + life) + more + "}";
}
std::string Good() { return Signed(kHeader, Claims()); }

Result<IdentityClaims> Verify(const std::string& token, const std::string& host = "api.test",
                              int64_t now = kNow) {
  return VerifyIdentityToken(Rules(), token, host, At(now));
}
std::string Why(const std::string& token, const std::string& host = "api.test",
                int64_t now = kNow) {
  const auto verified = Verify(token, host, now);
  if (verified.ok()) return "";
  EXPECT_EQ(verified.status().code(), Code::kUnauthenticated);
  EXPECT_EQ(verified.status().reason(), "BadIdentityToken");
  EXPECT_LT(verified.status().message().size(), 200u);
  return verified.status().message();
}

TEST(IdentityToken, Good_NamesTheUserAndGroups) {
  EXPECT_EQ(Verify(Good())->name, "alice");
  EXPECT_TRUE(Verify(Good())->groups.empty());
  const auto whole = Verify(
      Signed(R"({"alg":"EdDSA","kid":"edge-2"})",
             Claims(R"(,"groups":["ops","dev"],"sub":"17","email_verified":true,"nbf":1699999990)"),
             kNext));
  ASSERT_TRUE(whole.ok()) << whole.status().ToString();
  EXPECT_EQ(whole->groups, (std::vector<std::string>{"ops", "dev"}));
  EXPECT_EQ(Why(Signed(kHeader, R"({"name":"a","aud":["x","home"],"host":"API.test","iat":)" +
                                    std::to_string(kNow) + R"(,"exp":)" + std::to_string(kNow + 1) +
                                    "}")),
            "");
  EXPECT_EQ(Why(Good(), "Api.TEST"), "");
}

// RFC 8037 appendix A.4: what its key signs is taken, so this is that algorithm and no own one.
TEST(IdentityToken, SignatureOfTheRfc_IsVerified) {
  const std::string public_key =
      FromBase64Url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").value();
  const std::string text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  const std::string signature =
      FromBase64Url(
          "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
          .value();
  EXPECT_TRUE(VerifyEd25519(public_key, text, signature));
  EXPECT_FALSE(VerifyEd25519(public_key, text + " ", signature));
  EXPECT_FALSE(VerifyEd25519(public_key, text, signature.substr(1)));
  EXPECT_FALSE(VerifyEd25519("", text, signature));
}

TEST(IdentityToken, WrongHeaders_AreRefused) {
  for (const std::string& header : std::initializer_list<std::string>{
           R"({"alg":"none","kid":"edge-1"})",
           R"({"alg":"None","kid":"edge-1"})",
           R"({"alg":"","kid":"edge-1"})",
           R"({"alg":"HS256","kid":"edge-1"})",
           R"({"alg":"ES256","kid":"edge-1"})",
           R"({"alg":"RS256","kid":"edge-1"})",
           R"({"alg":"eddsa","kid":"edge-1"})",
           R"({"alg":"Ed25519","kid":"edge-1"})",
           R"({"alg":["EdDSA"],"kid":"edge-1"})",
           R"({"alg":null,"kid":"edge-1"})",
           R"({"kid":"edge-1"})",
           R"({"alg":"EdDSA"})",
           R"({"alg":"EdDSA","kid":""})",
           R"({"alg":"EdDSA","kid":"edge-3"})",
           R"({"alg":"EdDSA","kid":"EDGE-1"})",
           R"({"alg":"EdDSA","kid":"../edge-1"})",
           R"({"alg":"EdDSA","kid":1})",
           R"({"alg":"EdDSA","kid":"edge-2"})",
           R"({"alg":"EdDSA","kid":"edge-1","typ":"JWE"})",
           R"({"alg":"EdDSA","kid":"edge-1","typ":1})",
           R"({"alg":"EdDSA","kid":"edge-1","crit":["exp"]})",
           R"({"alg":"EdDSA","kid":"edge-1","b64":false})",
           R"({"alg":"EdDSA","kid":"edge-1","jku":"https://evil.test/keys"})",
           R"({"alg":"EdDSA","kid":"edge-1","jwk":{"kty":"OKP"}})",
           R"({"alg":"EdDSA","kid":"edge-1","x5c":["MII"]})",
           R"({"alg":"EdDSA","kid":"edge-1","zip":"DEF"})",
           R"({"alg":"none","alg":"EdDSA","kid":"edge-1"})",
           R"({"alg":"EdDSA","kid":"edge-1","kid":"edge-1"})",
           R"({"alg":"EdDSA","kid":"edge-1"} )"
           "x",
           "{}",
           "",
           "EdDSA"}) {
    EXPECT_NE(Why(Signed(header, Claims())), "") << header;
  }
}

TEST(IdentityToken, WrongClaims_AreRefused) {
  const std::string times = R"("iat":1700000000,"exp":1700000060)";
  for (
      const std::string& claims : std::initializer_list<std::string>{
          R"({"aud":"home","host":"api.test",)" + times + "}",
          R"({"name":1,"aud":"home","host":"api.test",)" + times + "}",
          R"({"name":["alice"],"aud":"home","host":"api.test",)" + times + "}",
          R"({"name":"alice","host":"api.test",)" + times + "}",
          R"({"name":"alice","aud":"","host":"api.test",)" + times + "}",
          R"({"name":"alice","aud":"Home","host":"api.test",)" + times + "}",
          R"({"name":"alice","aud":"home2","host":"api.test",)" + times + "}",
          R"({"name":"alice","aud":[],"host":"api.test",)" + times + "}",
          R"({"name":"alice","aud":["other"],"host":"api.test",)" + times + "}",
          R"({"name":"alice","aud":null,"host":"api.test",)" + times + "}",
          R"({"name":"alice","aud":"home",)" + times + "}",
          R"({"name":"alice","aud":"home","host":"",)" + times + "}",
          R"({"name":"alice","aud":"home","host":"other.test",)" + times + "}",
          R"({"name":"alice","aud":"home","host":"api.test.evil.test",)" + times + "}",
          R"({"name":"alice","aud":"home","host":"api.test:443",)" + times + "}",
          R"({"name":"alice","aud":"home","host":"*",)" + times + "}",
          R"({"name":"alice","aud":"home","host":["api.test"],)" + times + "}",
          R"({"name":"alice","aud":"home","host":"api.test"})",
          R"({"name":"alice","aud":"home","host":"api.test","iat":1700000000})",
          R"({"name":"alice","aud":"home","host":"api.test","exp":1700000060})",
          R"({"name":"alice","aud":"home","host":"api.test","iat":"1700000000","exp":1700000060})",
          R"({"name":"alice","aud":"home","host":"api.test","iat":1700000000,"exp":1700000060.5})",
          R"({"name":"alice","aud":"home","host":"api.test","iat":1700000000,"exp":1.70000006e9})",
          R"({"name":"alice","aud":"home","host":"api.test","iat":1700000000,"exp":1700000061})",
          R"({"name":"alice","aud":"home","host":"api.test","iat":1700000000,"exp":9999999999999999})",
          R"({"name":"alice","aud":"home","host":"api.test","iat":-9999999999999999,"exp":9999999999999999})",
          R"({"name":"alice","aud":"home","host":"api.test","iat":1700000000,"exp":1700000000})",
          R"({"name":"alice","aud":"home","host":"api.test","iat":1700000060,"exp":1700000000})",
          R"({"name":"alice","name":"root","aud":"home","host":"api.test",)" + times + "}",
          R"({"name":"alice","\u006eame":"root","aud":"home","host":"api.test",)" + times + "}",
          Claims(R"(,"exp":1700000030)"),
          Claims(R"(,"aud":"home")"),
          Claims(R"(,"host":"api.test")"),
          Claims(R"(,"groups":"ops")"),
          Claims(R"(,"groups":[1])"),
          Claims(R"(,"groups":null)"),
          Claims(R"(,"nbf":1700000006)"),
          Claims(R"(,"nbf":"0")"),
          Claims(R"(,"nbf":null)"),
          Claims(R"(,"x":{})"),
          Claims() + " x",
          Claims() + Claims(),
          "",
          "{}",
          "null",
          "[]"}) {
    EXPECT_NE(Why(Signed(kHeader, claims)), "") << claims;
  }
}

TEST(IdentityToken, Times_AreHeldWithALittleSkew) {
  EXPECT_EQ(Why(Good(), "api.test", kNow - 5), "");
  EXPECT_NE(Why(Good(), "api.test", kNow - 6), "");
  EXPECT_EQ(Why(Good(), "api.test", kNow + 64), "");
  EXPECT_NE(Why(Good(), "api.test", kNow + 65), "");
  EXPECT_EQ(Why(Signed(kHeader, Claims(R"(,"nbf":1700000005)"))), "");
}

TEST(IdentityToken, WrongSignatures_AreRefused) {
  EXPECT_NE(Why(Signed(kHeader, Claims(), kForeign)), "");
  EXPECT_NE(Why(Signed(kHeader, Claims(), kNext)), "") << "another key than kid says";
  const std::string good = Good(), other = Signed(kHeader, Claims(R"(,"groups":["ops"])"));
  const auto part = [](const std::string& token, int n) {
    size_t start = 0;
    for (; n > 0; --n) start = token.find('.', start) + 1;
    return token.substr(start, token.find('.', start) - start);
  };
  EXPECT_NE(Why(part(good, 0) + "." + part(other, 1) + "." + part(good, 2)), "");
  EXPECT_NE(Why(part(good, 0) + "." + part(good, 1) + "."), "") << "none at all";
  EXPECT_NE(Why(part(good, 0) + "." + part(good, 1) + "." + ToBase64Url(std::string(64, '\0'))),
            "");
  EXPECT_NE(Why(part(good, 0) + "." + part(good, 1) + "." + ToBase64Url(std::string(63, 'x'))), "");
}

TEST(IdentityToken, HostileForms_AreRefused) {
  const std::string good = Good();
  const size_t dot = good.find('.'), second = good.rfind('.');
  const std::string padded = good.substr(0, dot) + "=" + good.substr(dot);
  // The last character of a signature carries four bits that mean nothing: only zero is canonical.
  std::string loose = good;
  loose.back() = static_cast<char>(loose.back() + 1);
  for (const std::string& token : std::initializer_list<std::string>{
           "",
           ".",
           "..",
           "...",
           "a.b.c",
           good + ".",
           "." + good,
           good + "=",
           good + "==",
           good + " ",
           " " + good,
           good + "\n",
           good + std::string(1, '\0'),
           good + "A",
           good + good,
           good + "." + good,
           good.substr(0, second),
           good.substr(0, second + 1),
           good.substr(dot + 1),
           padded,
           loose,
           "Bearer " + good,
           good.substr(0, second) + "." + std::string(1, '+') + good.substr(second + 2),
           good.substr(0, dot) + "\n" + good.substr(dot),
           std::string(4097, 'a'),
           std::string(1 << 20, '.'),
           good.substr(0, second) + std::string(5000, 'A')}) {
    EXPECT_NE(Why(token), "") << token.substr(0, 80);
  }
  EXPECT_NE(Why(Signed(kHeader, Claims(R"(,"x":")" + std::string(4096, 'x') + "\""))), "");
}

TEST(IdentityToken, EveryByteOther_IsRefused) {
  const std::string good = Good();
  for (size_t at = 0; at < good.size(); ++at) {
    std::string other = good;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    EXPECT_NE(Why(other), "") << at;
    EXPECT_NE(Why(good.substr(0, at)), "") << at;
  }
}

TEST(IdentityToken, WithoutHostOfTheRequest_IsRefused) {
  EXPECT_NE(Why(Good(), ""), "");
  EXPECT_NE(Why(Signed(kHeader, R"({"name":"a","aud":"home","host":"","iat":1700000000,)"
                                R"("exp":1700000060})"),
                ""),
            "");
  EXPECT_NE(Why(Good(), "evil.test"), "");
}

// -- as one way in --

IdentitySettings Edge() {
  IdentitySettings settings;
  settings.header = "X-Forwarded-User";
  settings.proxies = {"10.0.0.1"};
  settings.secret = Secret("s3cret");
  settings.token_rules = Rules();
  settings.admins = {"carol"};
  settings.admin_groups = {"ops"};
  return settings;
}
Peer Shown(const std::string& token) {
  return {false, 0, 0, "203.0.113.9", {{"host", "api.test"}, {"x-neoshowcase-identity", token}}};
}
std::string Named(const std::string& name, const std::string& more = "") {
  return Signed(kHeader, R"({"name":")" + name +
                             R"(","aud":"home","host":"api.test","iat":1700000000,)"
                             R"("exp":1700000060)" +
                             more + "}");
}

TEST(Identify, SignedToken_NamesTheUserAndTheirGroupMakesAnAdmin) {
  EXPECT_EQ(Identify(Edge(), Shown(Good()), At(kNow)).value().name, "alice");
  EXPECT_FALSE(Identify(Edge(), Shown(Good()), At(kNow)).value().admin);
  EXPECT_TRUE(Identify(Edge(), Shown(Named("carol")), At(kNow)).value().admin);
  const auto with = [&](const std::string& groups) {
    return Identify(Edge(), Shown(Named("bob", R"(,"groups":)" + groups)), At(kNow)).value().admin;
  };
  EXPECT_TRUE(with(R"(["dev","ops"])"));
  for (const char* groups : {"[]", R"(["dev"])", R"(["OPS"])", R"(["ops "])", R"([""])"})
    EXPECT_FALSE(with(groups)) << groups;
}

TEST(Identify, SignedTokenThatDoesNotHold_IsNotReplacedByAHeader) {
  Peer peer = Shown("x.y.z");
  peer.address = "10.0.0.1";
  peer.headers.emplace_back("x-forwarded-user", "bob");
  peer.headers.emplace_back("x-neoshowcase-secret", "s3cret");
  EXPECT_EQ(Identify(Edge(), peer, At(kNow)).status().reason(), "BadIdentityToken");
  IdentitySettings without = Edge();
  without.token_rules.keys.clear();
  EXPECT_EQ(Identify(without, peer, At(kNow)).value().name, "bob") << "no keys: it is no token";
}

TEST(Identify, SignedTokenWithABadName_IsRefused) {
  for (const char* name : {"root@local", "ROOT@LOCAL", "", "a\\u0000b", "a\\nb"}) {
    EXPECT_EQ(Identify(Edge(), Shown(Named(name)), At(kNow)).status().reason(), "BadIdentity")
        << name;
  }
}

TEST(Identify, SignedTokenOrHostTwice_IsAmbiguous) {
  Peer twice = Shown(Good());
  twice.headers.push_back(twice.headers.back());
  EXPECT_EQ(Identify(Edge(), twice, At(kNow)).status().reason(), "AmbiguousIdentity");
  Peer hosts = Shown(Good());
  hosts.headers.emplace_back("Host", "api.test");
  EXPECT_EQ(Identify(Edge(), hosts, At(kNow)).status().reason(), "AmbiguousIdentity");
}

}  // namespace
}  // namespace ns::api
