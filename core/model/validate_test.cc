#include "model/validate.h"

#include <gmock/gmock.h>

#include <fstream>

#include "model/utf8.h"

namespace ns::model {
namespace {

using Check = void (*)(const std::string&, std::string_view, Violations&);

// What `check` says about `value`; empty when it is right.
std::string Says(Check check, std::string_view value) {
  Violations out;
  check("field", value, out);
  EXPECT_LE(out.size(), 1u);
  for (const Violation& violation : out) EXPECT_EQ(violation.field, "field");
  return out.empty() ? "" : out.front().message;
}

testing::AssertionResult Passes(Check check, std::string_view value) {
  const std::string said = Says(check, value);
  return said.empty() ? testing::AssertionSuccess() : testing::AssertionFailure() << said;
}

TEST(Utf8, WellFormed_IsTellingApart) {
  for (const char* good : {"", "plain", "日本語", "é", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(IsUtf8(good)) << good;
  for (const char* bad :
       {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe3\x81", "\xf5\x80\x80\x80", "a\x80"})
    EXPECT_FALSE(IsUtf8(bad));
  EXPECT_EQ(CountCharacters("日本語é"), 4u);
}

TEST(CanonicalHost, OfAnySpelling_IsOne) {
  EXPECT_EQ(CanonicalHost("Shop.Example.COM"), "shop.example.com");
  EXPECT_EQ(CanonicalHost("BÜCHER.example.com"), "xn--bcher-kva.example.com");
  EXPECT_EQ(CanonicalHost("bu\xcc\x88"
                          "cher.example.com"),
            "xn--bcher-kva.example.com")
      << "u and a combining mark";
  EXPECT_EQ(CanonicalHost("straße.b"), "xn--strae-oqa.b") << "not strasse";
  EXPECT_EQ(CanonicalHost("例え。テスト"), "xn--r8jz45g.xn--zckzah") << "a dot of its own";
  EXPECT_EQ(CanonicalHost("Ｓｈｏｐ.b"), "shop.b") << "wide letters";
  EXPECT_EQ(CanonicalHost("XN--BCHER-KVA.b"), "xn--bcher-kva.b");
  // What is not allowed stays, and is refused.
  for (const char* bad : {"💩.b", "א1a.b",
                          "a\xe2\x80\x8d"
                          "b.c",
                          "é b.c", "\xff.b"}) {
    EXPECT_EQ(CanonicalHost(bad), bad);
    EXPECT_THAT(Says(CheckHost, bad), ::testing::HasSubstr("must pass IDNA: ")) << bad;
  }
}

TEST(CheckHost, ALabels_AreHeldAgainstIdna) {
  for (const char* good : {"xn--bcher-kva.b", "xn--fa-hia.b", "xn--zckzah.xn--r8jz45g"})
    EXPECT_TRUE(Passes(CheckHost, good)) << good;
  // Not Punycode; of a picture; of upper case; reserved.
  for (const char* bad : {"xn--99999999.b", "xn--ls8h.b", "xn--bcher-2pa.b", "ab--c.b"})
    EXPECT_THAT(Says(CheckHost, bad), ::testing::HasSubstr("must pass IDNA: ")) << bad;
  EXPECT_THAT(Says(CheckHost, "é.b"), ::testing::HasSubstr("A-labels"));
}

TEST(Quoted, LongAndBrokenText_IsMadeReadable) {
  EXPECT_EQ(Quoted("abc"), "\"abc\"");
  EXPECT_EQ(Quoted(std::string_view("a\0\n", 3)), "\"a\\x00\\x0a\"");
  EXPECT_EQ(Quoted(std::string(200, 'x')), "\"" + std::string(120, 'x') + "\"...");
  EXPECT_TRUE(IsUtf8(Quoted("x" + std::string(59, 'y') + std::string(60, 'z') + "é")));
}

TEST(CheckName, Names_HaveOneToHundredCharacters) {
  for (const std::string& good :
       {std::string("a"), std::string("My shop 日本"), std::string(100, 'x')}) {
    EXPECT_TRUE(Passes(CheckName, good));
  }
  for (const std::string& bad : {std::string(), std::string("  "), std::string(101, 'x'),
                                 std::string("a\nb"), std::string("\x7f"), std::string("\xff")}) {
    EXPECT_FALSE(Passes(CheckName, bad)) << Quoted(bad);
  }
  for (const char* c1 : {"a\xc2\x80", "\xc2\x85",
                         "a\xc2\x9b"
                         "b"})
    EXPECT_FALSE(Passes(CheckName, c1)) << Quoted(c1);
  EXPECT_TRUE(Passes(CheckName, "\xc2\xa0\xc3\x82\xe2\x82\xac"));
  EXPECT_EQ(Says(CheckName, "a\tb"), "must hold no control characters, got \"a\\x09b\"");
}

TEST(CheckEnvKey, Keys_AreUpperCaseWords) {
  for (const std::string& good : {std::string("A"), std::string("_X9"), std::string(100, 'A')})
    EXPECT_TRUE(Passes(CheckEnvKey, good));
  for (const std::string& bad : {std::string(), std::string("a"), std::string("1A"),
                                 std::string("A-B"), std::string("A=B"), std::string(101, 'A')}) {
    EXPECT_FALSE(Passes(CheckEnvKey, bad)) << bad;
  }
}

TEST(CheckEnvValue, Values_HaveAtMost64KiBWithoutNul) {
  EXPECT_TRUE(Passes(CheckEnvValue, std::string(65536, 'x')));
  EXPECT_TRUE(Passes(CheckEnvValue, "line\nline"));
  EXPECT_FALSE(Passes(CheckEnvValue, std::string(65537, 'x')));
  EXPECT_FALSE(Passes(CheckEnvValue, std::string_view("a\0b", 3)));
}

TEST(CheckRef, Refs_AreWhatGitAllows) {
  for (const char* good : {"main", "HEAD", "refs/heads/feature/x", "v1.2.3", "日本"})
    EXPECT_TRUE(Passes(CheckRef, good));
  for (const char* bad : {"", "-x", "a..b", "a b", "a~1", "a^", "a:b", "a*", "a[", "a\\b", "a//b",
                          "/a", "a/", ".a", "a/.b", "a.lock", "a.", "@", "a@{1}"}) {
    EXPECT_FALSE(Passes(CheckRef, bad)) << bad;
  }
}

TEST(CheckSourcePath, Paths_StayInside) {
  for (const char* good : {"", ".", "Dockerfile", "docker/app.Dockerfile", "a..b/c", "日本"})
    EXPECT_TRUE(Passes(CheckSourcePath, good));
  for (const char* bad : {"..", "../x", "a/../b", "/etc", "a\\b", "a\nb"})
    EXPECT_FALSE(Passes(CheckSourcePath, bad)) << bad;
  EXPECT_FALSE(Passes(CheckSourcePath, std::string(1025, 'a')));
}

TEST(CheckImage, Names_AreOfRegistries) {
  for (const char* good :
       {"", "debian", "debian:12", "ghcr.io/a/b:1", "localhost:5000/x@sha256:abc"}) {
    EXPECT_TRUE(Passes(CheckImage, good));
  }
  for (const char* bad : {"-x", "a b", "a\nRUN x", "/a", "a$b", ":1"})
    EXPECT_FALSE(Passes(CheckImage, bad)) << bad;
}

TEST(CheckCommand, OpenQuotes_AreRefused) {
  EXPECT_TRUE(Passes(CheckCommand, "npm run start"));
  EXPECT_FALSE(Passes(CheckCommand, "echo 'x"));
}

TEST(CheckHost, Hosts_AreLabelsJoinedByDots) {
  const std::string long_label(63, 'a');
  for (const std::string& good :
       {std::string("a.example.com"), std::string("a_b.example.com"), "x." + long_label,
        std::string("xn--bcher-kva.example.com"), std::string("1.a")}) {
    EXPECT_TRUE(Passes(CheckHost, good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string(".a"), std::string("a."), std::string("a..b"),
        std::string("*.a"), std::string("A.b"), std::string("-a.b"), std::string("a-.b"),
        std::string("_a.b"), std::string("a b"), std::string("a`) || Host(`b"), long_label + "a.b",
        std::string("xn--99999999.b"), std::string("ab--c.b"), std::string("é.b")}) {
    EXPECT_FALSE(Passes(CheckHost, bad)) << bad;
  }
  std::string long_host = "a";
  while (long_host.size() <= 253) long_host += ".a";
  EXPECT_FALSE(Passes(CheckHost, long_host));
}

TEST(CheckPathPrefix, Paths_AreWholeSegments) {
  for (const char* good : {"/", "/api", "/api/v2", "/%7Ea", "/a-b._~"})
    EXPECT_TRUE(Passes(CheckPathPrefix, good));
  for (const char* bad :
       {"", "api", "/api/", "//", "/a//b", "/./a", "/a/..", "/a b", "/a?b", "/%zz", "/%7", "/a`"}) {
    EXPECT_FALSE(Passes(CheckPathPrefix, bad)) << bad;
  }
  EXPECT_FALSE(Passes(CheckPathPrefix, "/" + std::string(1024, 'a')));
}

TEST(CanonicalPath, OfEqualSpellings_IsOne) {
  std::ifstream rows(NS_CANONICAL_PATHS);
  int count = 0;
  for (std::string line; std::getline(rows, line);) {
    if (line.starts_with('#')) continue;
    const std::string given = line.substr(0, line.find(' ')), kept = line.substr(given.size() + 1);
    EXPECT_EQ(CanonicalPath(given), kept);
    EXPECT_EQ(CanonicalPath(kept), kept) << "once is enough";
    ++count;
  }
  EXPECT_GE(count, 15) << NS_CANONICAL_PATHS;
  EXPECT_EQ(CanonicalPath(""), "");
}

TEST(Covers, Domains_AreThemselvesOrAnyDepthBelow) {
  const Domain plain{"example.com", {}, false},
      below{"*.example.com", {"x.example.com", "*.y.example.com"}, false};
  EXPECT_TRUE(Covers(plain, "example.com"));
  EXPECT_FALSE(Covers(plain, "a.example.com"));
  EXPECT_TRUE(Covers(below, "a.b.example.com"));
  EXPECT_TRUE(Covers(below, "y.example.com"));
  for (const char* out : {"example.com", "x.example.com", "a.y.example.com", "badexample.com"})
    EXPECT_FALSE(Covers(below, out)) << out;
}

TEST(FindDomain, DomainWithAuthentication_IsPreferred) {
  const std::vector<Domain> domains = {{"*.example.com", {}, false}, {"*.b.example.com", {}, true}};
  EXPECT_EQ(FindDomain(domains, "a.example.com"), &domains[0]);
  EXPECT_EQ(FindDomain(domains, "a.b.example.com"), &domains[1]);
  EXPECT_EQ(FindDomain(domains, "a.example.org"), nullptr);
}

PlatformInfo Offer() {
  PlatformInfo platform;
  platform.domains = {{"*.example.com", {}, false}, {"*.safe.example.com", {}, true}};
  platform.ports = {{Protocol::kTcp, 9000, 9010}};
  return platform;
}

Website Site(std::string fqdn, std::string path = "/") {
  Website website;
  website.fqdn = std::move(fqdn);
  website.path_prefix = std::move(path);
  return website;
}

std::vector<std::string> FieldsOf(const Violations& violations) {
  std::vector<std::string> out;
  for (const Violation& violation : violations) out.push_back(violation.field);
  return out;
}
using Fields = std::vector<std::string>;

Fields WebsiteFields(const std::vector<Website>& websites) {
  Violations out;
  CheckWebsites("websites", websites, Offer(), out);
  return FieldsOf(out);
}

TEST(CheckWebsites, EachMistake_IsNamedWithItsPlace) {
  EXPECT_EQ(WebsiteFields({Site("a.example.com"), Site("a.example.com", "/x")}), Fields{});
  EXPECT_EQ(WebsiteFields({Site("a.example.com"), Site("a.example.com")}),
            Fields{"websites[1].fqdn"});
  EXPECT_EQ(WebsiteFields({Site("a.example.org")}), Fields{"websites[0].fqdn"});
  EXPECT_EQ(WebsiteFields({Site("a.example.com", "x")}), Fields{"websites[0].path_prefix"});
  Website website = Site("a.example.com");
  website.strip_prefix = true;
  website.port = 70000;
  website.https = true;
  website.auth = AuthPolicy::kSoft;
  EXPECT_EQ(WebsiteFields({website}), (Fields{"websites[0].strip_prefix", "websites[0].http_port",
                                              "websites[0].https", "websites[0].authentication"}));
  website = Site("a.safe.example.com");
  website.auth = AuthPolicy::kHard;
  EXPECT_EQ(WebsiteFields({website}), Fields{});
}

TEST(CheckPorts, Ports_LieInAnOfferedRangeOnce) {
  Violations out;
  CheckPorts("ports", {{9000, 80, Protocol::kTcp}, {9010, 81, Protocol::kTcp}}, Offer(), out);
  EXPECT_TRUE(out.empty());
  CheckPorts("ports",
             {{9011, 0, Protocol::kTcp},
              {9000, 53, Protocol::kUdp},
              {9000, 53, Protocol::kTcp},
              {9000, 54, Protocol::kTcp}},
             Offer(), out);
  EXPECT_EQ(FieldsOf(out), (Fields{"ports[0].internet_port", "ports[0].application_port",
                                   "ports[1].internet_port", "ports[3].internet_port"}));
}

const auto kStranger = [](const std::vector<UserId>&) { return false; };
const auto kOwner = [](const std::vector<UserId>&) { return true; };

TEST(FindConflict, SameAddress_IsRefusedForEverybody) {
  const std::vector<Held> others = {{{}, {Site("a.example.com", "/api")}, {}}};
  EXPECT_TRUE(FindConflict({Site("a.example.com", "/api")}, {}, others, kOwner));
  EXPECT_EQ(
      FindConflict({Site("b.example.com"), Site("a.example.com", "/api")}, {}, others, kStranger)
          ->field,
      "websites[1].fqdn");
  Website https = Site("a.example.com", "/api");
  https.https = true;
  EXPECT_FALSE(FindConflict({https}, {}, others, kStranger));
}

TEST(FindConflict, PathsBelowEachOther_AreForWhoOwnsBoth) {
  const std::vector<Held> others = {{{}, {Site("a.example.com", "/api")}, {}}};
  for (const char* path : {"/", "/api/v2"}) {
    EXPECT_TRUE(FindConflict({Site("a.example.com", path)}, {}, others, kStranger)) << path;
    EXPECT_FALSE(FindConflict({Site("a.example.com", path)}, {}, others, kOwner)) << path;
  }
  EXPECT_FALSE(FindConflict({Site("a.example.com", "/api2")}, {}, others, kStranger));
}

TEST(FindConflict, PublishedPort_IsHeldPerProtocol) {
  const std::vector<Held> others = {{{}, {}, {{9000, 80, Protocol::kTcp}}}};
  EXPECT_EQ(
      FindConflict({}, {{9001, 80, Protocol::kTcp}, {9000, 81, Protocol::kTcp}}, others, kOwner)
          ->field,
      "port_publications[1].internet_port");
  EXPECT_FALSE(FindConflict({}, {{9000, 81, Protocol::kUdp}}, others, kOwner));
}

}  // namespace
}  // namespace ns::model
