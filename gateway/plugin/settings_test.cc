#include "settings.h"

#include <gmock/gmock.h>

#include "cors.h"

namespace ns::gateway {
namespace {

using testing::IsEmpty;

TEST(SettingsTest, ComeFromTheConfiguration) {
  const Settings settings = SettingsOf(
      R"({"body_bytes": 2000, "idle_time_ms": 150, "connections": 3, "threads": 2, "streams": 7,
          "tls": {"certificate": "/c.pem", "key": "/k.pem"}, "cors_origins": ["https://a.test"],
          "operations": ["127.0.0.1:9180"]})");
  EXPECT_EQ(settings.http.body_bytes, 2000u);
  EXPECT_EQ(settings.http.idle_time, std::chrono::milliseconds(150));
  EXPECT_EQ(settings.http.connections, 3u);
  EXPECT_EQ(settings.http.streams, 7u);
  EXPECT_EQ(settings.threads, 2u);
  EXPECT_EQ(settings.tls->certificate, "/c.pem");
  EXPECT_EQ(settings.tls->key, "/k.pem");
  EXPECT_THAT(settings.cors_origins, testing::ElementsAre("https://a.test"));
  EXPECT_THAT(settings.operations, testing::ElementsAre("127.0.0.1:9180"));
  EXPECT_EQ(settings.http.header_bytes, http::Limits().header_bytes);
  EXPECT_EQ(SettingsOf("").http.body_bytes, http::Limits().body_bytes);
  EXPECT_FALSE(SettingsOf("").tls);
}

http::Head Asking(const std::string& method, const std::string& origin) {
  http::Head head{method, "/a.B/C", {}, 11};
  if (!origin.empty()) head.headers.emplace_back("origin", origin);
  return head;
}

TEST(CorsTest, ListedOrigin_MayReadAnswersAndSendCookies) {
  const Cors cors({"https://a.test"});
  const auto headers = cors.For(Asking("POST", "https://a.test"));
  EXPECT_EQ(http::Find(headers, "access-control-allow-origin"), "https://a.test");
  EXPECT_EQ(http::Find(headers, "access-control-allow-credentials"), "true");
  EXPECT_EQ(http::Find(headers, "vary"), "origin");
  for (const char* other : {"", "https://b.test", "https://a.test.evil", "null"})
    EXPECT_EQ(http::Find(cors.For(Asking("POST", other)), "access-control-allow-origin"), "");
}

TEST(CorsTest, AnyOrigin_IsWithoutCookies) {
  const auto headers = Cors({"*"}).For(Asking("POST", "https://x.test"));
  EXPECT_EQ(http::Find(headers, "access-control-allow-origin"), "*");
  EXPECT_EQ(http::Find(headers, "access-control-allow-credentials"), "");
}

TEST(CorsTest, Preflight_IsAnsweredForListedOriginsAlone) {
  const Cors cors({"https://a.test"});
  http::Head head = Asking("OPTIONS", "https://a.test");
  EXPECT_FALSE(cors.IsPreflight(head)) << "asks for no method";
  head.headers.emplace_back("access-control-request-method", "POST");
  head.headers.emplace_back("access-control-request-headers", "content-type,grpc-timeout");
  EXPECT_TRUE(cors.IsPreflight(head));
  EXPECT_FALSE(Cors({}).IsPreflight(head)) << "not configured";
  const auto answer = cors.Preflight(head);
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(http::Find(answer.headers, "access-control-allow-headers"),
            "content-type,grpc-timeout");
  head.headers[0].second = "https://b.test";
  EXPECT_EQ(http::Find(cors.Preflight(head).headers, "access-control-allow-methods"), "");
}

TEST(CorsTest, WithoutConfiguration_SaysNothing) {
  EXPECT_THAT(Cors({}).For(Asking("POST", "https://a.test")), IsEmpty());
}

}  // namespace
}  // namespace ns::gateway
