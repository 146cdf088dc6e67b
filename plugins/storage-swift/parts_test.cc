#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "answers.h"
#include "config.h"

namespace ns::storage_swift {
namespace {

using testing::HasSubstr;

sdk::Error ErrorFrom(const std::function<void()>& body) {
  try {
    body();
  } catch (const sdk::Error& error) {
    return error;
  }
  return sdk::Error(NS_E_UNKNOWN, "", "nothing was thrown");
}

std::string With(const std::string& more) {
  return R"({"container": "files", "user": "u", "key": "k")" + more + "}";
}
const std::string kUrl = R"(, "auth_url": "https://k.example.com:5000/v3/")";

TEST(SwiftConfig, LeftOut_KeystoneAndItsDefaultDomain) {
  const Config config = ParseConfig(With(kUrl + R"(, "project": "p")"));
  EXPECT_TRUE(config.keystone);
  EXPECT_EQ(config.auth_url, "https://k.example.com:5000/v3");
  EXPECT_EQ(config.user_domain, "Default");
  EXPECT_EQ(config.project_domain, "Default");
  EXPECT_EQ(config.part_size, 16u << 20);
  EXPECT_FALSE(ParseConfig(With(kUrl + R"(, "auth": "v1")")).keystone);
}

TEST(SwiftConfig, WhatIsWrong_IsNamedWithItsValue) {
  const std::pair<std::string, const char*> wrong[] = {
      {With(kUrl), "project must be"},
      {With(R"(, "auth": "v1")"), "auth_url is \"\""},
      {With(R"(, "auth": "v1", "auth_url": "ftp://x")"), "auth_url is \"ftp://x\""},
      {With(R"(, "auth": "v1", "auth_url": "https://")"), "auth_url is"},
      {With(R"(, "auth": "v1", "auth_url": "https://u:p@x")"), "auth_url is"},
      {With(R"(, "auth": "v1", "auth_url": "https:///v1")"), "auth_url is"},
      {With(kUrl + R"(, "auth": "v2")"), "auth is \"v2\""},
      {With(kUrl + R"(, "auth": "v1", "prefix": "../")"), "prefix is \"../\""},
      {With(kUrl + R"(, "auth": "v1", "part_size": 5)"), "part_size is 5"},
      {R"({"user": "a\nb", "key": "k", "auth": "v1", "auth_url": "http://x"})", "user must be"},
      {R"({"container": "a/b", "user": "a", "key": "k", "auth": "v1", "auth_url": "http://x"})",
       "container is \"a/b\""},
      {R"({"container": "c", "user": "a", "key": {"file": "x"}})", "absolute path"},
      {"[]", "no JSON object"},
  };
  for (const auto& [json, what] : wrong) {
    const sdk::Error error = ErrorFrom([&, &text = json] { ParseConfig(text); });
    EXPECT_THAT(error.message(), HasSubstr(what)) << json;
    EXPECT_EQ(error.reason(), NS_REASON_CONFIG_INVALID);
    EXPECT_EQ(error.fault(), sdk::Fault::kOperator);
  }
}

TEST(SwiftAnswers, Errors_TheReasonsOfAStorage) {
  struct Case {
    int status;
    Missing missing;
    ns_status expected;
    const char* reason;
    sdk::Fault fault;
  };
  using F = sdk::Fault;
  const Case cases[] = {
      {404, Missing::kObject, NS_E_NOT_FOUND, NS_REASON_OBJECT_MISSING, F::kPlatform},
      {404, Missing::kContainer, NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, F::kOperator},
      {401, Missing::kObject, NS_E_UNAVAILABLE, NS_REASON_STORAGE_DENIED, F::kOperator},
      {403, Missing::kObject, NS_E_UNAVAILABLE, NS_REASON_STORAGE_DENIED, F::kOperator},
      {413, Missing::kObject, NS_E_UNAVAILABLE, NS_REASON_DISK_FULL, F::kPlatform},
      {507, Missing::kObject, NS_E_UNAVAILABLE, NS_REASON_DISK_FULL, F::kPlatform},
      {422, Missing::kObject, NS_E_INVALID, NS_REASON_DIGEST_MISMATCH, F::kPlatform},
      {400, Missing::kObject, NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, F::kOperator},
      {503, Missing::kObject, NS_E_UNAVAILABLE, NS_REASON_STORAGE_UNAVAILABLE, F::kPlatform},
  };
  for (const Case& c : cases) {
    const sdk::Error error = ErrorOf("PUT of x", {c.status, {}, ""}, c.missing);
    EXPECT_EQ(error.code(), c.expected) << c.status;
    EXPECT_EQ(error.reason(), c.reason) << c.status;
    EXPECT_EQ(error.fault(), c.fault) << c.status;
    EXPECT_EQ(IsPassing({c.status, {}, ""}), c.status == 503) << c.status;
  }
  for (const int status : {408, 409, 429, 498, 500, 502, 503, 504})
    EXPECT_TRUE(IsPassing({status, {}, ""})) << status;
  EXPECT_EQ(
      ErrorOf("PUT of x", {400, {{"x-trans-id", "tx1"}}, "Errors:"}, Missing::kObject).message(),
      "PUT of x: the server says 400: Errors: (tx1).");
  EXPECT_EQ(ErrorOf("PUT of x", {400, {}, "<html>"}, Missing::kObject).message(),
            "PUT of x: the server says 400.");
}

TEST(SwiftAnswers, Keystone_WhatItIsAskedAndTheEndpointOfTheRegion) {
  Config config;
  config.user = "u\"";
  config.project = "p";
  config.user_domain = "d1";
  config.project_domain = "d2";
  EXPECT_EQ(RenderSignIn(config, "k"),
            R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"u\"",)"
            R"("domain":{"name":"d1"},"password":"k"}}},"scope":{"project":{"name":"p",)"
            R"("domain":{"name":"d2"}}}}})");
  const http::Response response = {
      201,
      {{"x-subject-token", "t"}},
      R"({"token": {"catalog": [{"type": "volume", "endpoints": [{"interface": "public", "url": "http://v"}]},
          {"type": "object-store", "endpoints": [{"interface": "internal", "region_id": "a", "url": "http://i"},
           {"interface": "public", "region_id": "a", "url": "http://a/v1/AUTH_1/"},
           {"interface": "public", "region": "b", "url": "http://b"}]}]}})"};
  EXPECT_EQ(ParseV3(response, "").url, "http://a/v1/AUTH_1");
  EXPECT_EQ(ParseV3(response, "b").url, "http://b");
  EXPECT_EQ(ParseV3(response, "b").token, "t");
  EXPECT_THAT(ErrorFrom([&] { ParseV3(response, "c"); }).message(), HasSubstr("in the region c"));
  for (const char* text : {"", "[]", "{}", R"({"token": 1})", R"({"token": {}})",
                           R"({"token": {"catalog": [1, {"type": "object-store"}]}})"})
    EXPECT_EQ(ErrorFrom([&] {
                ParseV3({200, {}, text}, "");
              }).reason(),
              NS_REASON_STORAGE_UNAVAILABLE)
        << text;
}

TEST(SwiftAnswers, V1_NeedsUrlAndToken) {
  EXPECT_EQ(ParseV1({200, {{"x-storage-url", "http://s/"}, {"x-auth-token", "t"}}, ""}).url,
            "http://s");
  EXPECT_THAT(ErrorFrom([] {
                ParseV1({200, {{"x-auth-token", "t"}}, ""});
              }).message(),
              HasSubstr("names no URL"));
  EXPECT_THAT(ErrorFrom([] {
                ParseV1({200, {{"x-storage-url", "http://s"}}, ""});
              }).message(),
              HasSubstr("no token"));
}

TEST(SwiftAnswers, Entries_NamesSizesAndTimes) {
  const auto entries = ParseEntries(
      R"([{"name": "a/b", "bytes": 5000000000, "last_modified": "2026-11-26T06:38:11.1"}])");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].name, "a/b");
  EXPECT_EQ(entries[0].size, 5'000'000'000u);
  EXPECT_EQ(entries[0].modified, "2026-11-26T06:38:11.1");
  EXPECT_TRUE(ParseEntries("[]").empty());
  for (const char* text : {"", "{}", "[1]", R"([{"name": "a"}])", R"([{"bytes": 1}])",
                           R"([{"name": "a", "bytes": -1}])", R"([{"subdir": "a/"}])"})
    EXPECT_EQ(ErrorFrom([&] { ParseEntries(text); }).code(), NS_E_UNAVAILABLE) << text;
}

TEST(SwiftAnswers, ManifestAndSums) {
  EXPECT_EQ(Md5Hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(RenderManifest({{"/c_segments/k/1", "abc", 7}}),
            R"([{"path":"/c_segments/k/1","etag":"abc","size_bytes":7}])");
}

}  // namespace
}  // namespace ns::storage_swift
