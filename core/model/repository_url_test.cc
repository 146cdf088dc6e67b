#include "model/repository_url.h"

#include <gtest/gtest.h>

namespace ns::model {
namespace {

TEST(RepositoryUrl, Place_HasHostAndPort) {
  const auto place = [](const char* url) { return PlaceOf(ParseRepositoryUrl(url).value()); };
  EXPECT_EQ(place("git@Git.Example.com:a"), "git.example.com:22");
  EXPECT_EQ(place("ssh://git@[2001:db8::1]:2222/a"), "[2001:db8::1]:2222");
  EXPECT_EQ(place("https://example.com/a"), "example.com:443");
}

TEST(RepositoryUrl, Parse_TakesEverySpelling) {
  struct Case {
    const char* text;
    RepositoryUrl url;
  };
  const Case cases[] = {
      {"https://Git.Example.com/a/b.git",
       {UrlScheme::kHttps, "", "git.example.com", 0, "a/b.git", false}},
      {"http://127.0.0.1:3080/sample.git",
       {UrlScheme::kHttp, "", "127.0.0.1", 3080, "sample.git", false}},
      {"HTTPS://example.com/a", {UrlScheme::kHttps, "", "example.com", 0, "a", false}},
      {"https://[2001:db8::1]:8443/a", {UrlScheme::kHttps, "", "2001:db8::1", 8443, "a", false}},
      {"ssh://git@example.com:2222/~me/a.git",
       {UrlScheme::kSsh, "git", "example.com", 2222, "~me/a.git", false}},
      {"ssh://example.com/a", {UrlScheme::kSsh, "", "example.com", 0, "a", false}},
      {"git@example.com:a/b.git", {UrlScheme::kSsh, "git", "example.com", 0, "a/b.git", true}},
      {"git@[::1]:a", {UrlScheme::kSsh, "git", "::1", 0, "a", true}},
      {"git@example.com:/srv/a", {UrlScheme::kSsh, "git", "example.com", 0, "srv/a", true}},
  };
  for (const Case& one : cases) {
    const auto url = ParseRepositoryUrl(one.text);
    ASSERT_TRUE(url.ok()) << url.status().ToString();
    EXPECT_EQ(*url, one.url) << one.text;
  }
}

TEST(RepositoryUrl, Parse_RefusesWithTheRule) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "must not be empty"},
      {"-oProxyCommand=x", "begin with \"-\""},
      {"file:///etc/passwd", "must be http://"},
      {"/srv/a.git", "must be http://"},
      {"../a", "must be http://"},
      {"git://example.com/a", "must be http://"},
      {"ext::sh -c x", "blanks"},
      {"ext::sh", "transport"},
      {"https://u:p@example.com/a", "no credentials"},
      {"https://u@example.com/a", "no credentials"},
      {"ssh://u:p@example.com/a", "no password"},
      {"ssh://-oX@example.com/a", "a user of"},
      {"ssh://-oProxyCommand=x/a", "begin with \"-\""},
      {"git@-oProxyCommand:a", "begin with \"-\""},
      {"git@example.com:-a", "does not begin with \"-\""},
      {"https:///a", "name a host"},
      {"https://example.com", "must have a path"},
      {"https://example.com//", "must have a path"},
      {"https://example.com/../a", "\"..\""},
      {"https://example.com/a/%2E%2e/b", "\"..\""},
      {"https://example.com/a%0d%0aHost:x", "control"},
      {"https://example.com/a%0", "hex"},
      {"https://example.com/a?b=c", "no query"},
      {"https://example.com/a#b", "no query"},
      {"https://example.com:0/a", "port"},
      {"https://example.com:65536/a", "port"},
      {"https://example.com:8o/a", "port"},
      {"https://exa mple.com/a", "blanks"},
      {"https://ex\xc3\xa4mple.com/a", "ASCII"},
      {"https://[zz]/a", "IPv6"},
      {"https://[::1/a", "bracket"},
      {std::string("https://example.com/\0a", 22), "control"},
      {"https://example.com/" + std::string(2000, 'a'), "at most 2000"},
  };
  for (const auto& [text, rule] : cases) {
    const auto url = ParseRepositoryUrl(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.status().code(), Code::kInvalid);
    EXPECT_NE(url.status().message().find(rule), std::string::npos) << url.status().message();
  }
}

TEST(RepositoryUrl, Validate_PairsTheUrlWithTheWayToAuthenticate) {
  EXPECT_TRUE(ValidateUrl("http://example.com/a", GitAuth::kNone, false).ok());
  EXPECT_TRUE(ValidateUrl("https://example.com/a", GitAuth::kBasic, false).ok());
  EXPECT_TRUE(ValidateUrl("http://example.com/a", GitAuth::kBasic, true).ok());
  EXPECT_TRUE(ValidateUrl("git@example.com:a", GitAuth::kSsh, false).ok());
  EXPECT_TRUE(ValidateUrl("http://example.com/a", GitAuth::kBasic, false)
                  .message()
                  .starts_with("url must be https"));
  EXPECT_TRUE(ValidateUrl("https://example.com/a", GitAuth::kSsh, false)
                  .message()
                  .starts_with("url must be ssh"));
  EXPECT_TRUE(ValidateUrl("git@example.com:a", GitAuth::kNone, false)
                  .message()
                  .starts_with("auth must be ssh"));
  EXPECT_TRUE(ValidateUrl("ssh://example.com/a", GitAuth::kBasic, true)
                  .message()
                  .starts_with("auth must be ssh"));
}

TEST(RepositoryUrl, Normalise_IsEqualForEverySpellingOfOneRepository) {
  for (const char* text :
       {"https://example.com/a/b", "https://EXAMPLE.com:443/a/b.git", "http://example.com:80/a/b/",
        "git@example.com:a/b.git", "ssh://git@example.com:22/a/b.git/", "git@example.com:/a//b"}) {
    EXPECT_EQ(NormaliseUrl(text), "example.com/a/b") << text;
  }
  EXPECT_EQ(NormaliseUrl("http://127.0.0.1:3080/a.git"), "127.0.0.1:3080/a");
  EXPECT_EQ(NormaliseUrl("https://[::1]/A"), "[::1]/A");
  EXPECT_EQ(NormaliseUrl("file:///a"), "");
}

TEST(RepositoryUrl, HtmlUrl_IsTheHttpsFormOfTheUrl) {
  EXPECT_EQ(HtmlUrl("git@example.com:a/b.git"), "https://example.com/a/b.git");
  EXPECT_EQ(HtmlUrl("ssh://git@example.com:2222/a/b"), "https://example.com/a/b");
  EXPECT_EQ(HtmlUrl("http://example.com:3000/a/b.git"), "http://example.com:3000/a/b.git");
  EXPECT_EQ(HtmlUrl("nothing"), "");
}

}  // namespace
}  // namespace ns::model
