#include "connect.h"

#include <gtest/gtest.h>

#include "base64.h"
#include "edge_limits.h"
#include "target.h"
#include "utf8.h"

namespace ns::gateway {
namespace {

TEST(ConnectTest, Codes_HaveTheNamesAndStatusesOfTheProtocol) {
  EXPECT_EQ(CodeName(NS_E_INVALID), "invalid_argument");
  EXPECT_EQ(CodeName(NS_E_STALE), "aborted");
  EXPECT_EQ(CodeName(99), "unknown");
  EXPECT_EQ(CodeName(-1), "unknown");
  EXPECT_EQ(HttpStatus(ns_status{NS_E_UNAUTHENTICATED}), 401);
  EXPECT_EQ(HttpStatus(ns_status{NS_E_CANCELLED}), 499);
  EXPECT_EQ(HttpStatus(Problem{NS_E_UNSUPPORTED, "", {}, 415}), 415);
}

TEST(ConnectTest, ErrorJson_EscapesAndMendsWhatIsNoText) {
  EXPECT_EQ(ErrorJson({NS_E_NOT_FOUND, "no \"x\"\xff", {}, 0}),
            "{\"code\":\"not_found\",\"message\":\"no \\\"x\\\"\xef\xbf\xbd\"}");
  EXPECT_EQ(
      ErrorJson({NS_E_INVALID,
                 "",
                 {{"a.B", std::string("\x00\xff", 2), "{\"x\":1}"}, {"a.C", "", ""}},
                 0}),
      R"({"code":"invalid_argument","details":[{"type":"a.B","value":"AP8","debug":{"x":1}},{"type":"a.C","value":""}]})");
}

TEST(ConnectTest, Details_OfBytesThatAreNoStatus_AreLeftOut) {
  EXPECT_TRUE(DetailsOf("").empty());
  EXPECT_TRUE(DetailsOf("\xff\xff\xff\xff\xff").empty());
  EXPECT_TRUE(DetailsOf("\x1a\x7f").empty());
  const std::string any = "\x0a\x07h/a.B.C\x12\x01x";
  const auto details =
      DetailsOf("\x08\x03\x12\x02no\x1a" + std::string(1, static_cast<char>(any.size() + 0)) + any);
  ASSERT_EQ(details.size(), 1u);
  EXPECT_EQ(details[0].type, "a.B.C");
  EXPECT_EQ(details[0].value, "x");
}

TEST(ConnectTest, Timeout_HasUpToTenDigits) {
  EXPECT_EQ(ParseTimeout("1500"), std::chrono::milliseconds(1500));
  EXPECT_EQ(ParseTimeout("9999999999"), std::chrono::milliseconds(9'999'999'999));
  for (const char* wrong : {"", "-1", "1s", "10000000000", " 1", "0x1"})
    EXPECT_FALSE(ParseTimeout(wrong)) << wrong;
}

TEST(ConnectTest, Base64_GoesBothWays) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd"})
    EXPECT_EQ(FromBase64(Base64(text)), text);
  EXPECT_EQ(Base64("foob"), "Zm9vYg");
  EXPECT_EQ(FromBase64("Zm9vYg=="), "foob");
  EXPECT_EQ(FromBase64("__-_"), FromBase64("//+/"));
  for (const char* wrong : {"a", "!!!!", "Zm9v=Yg"}) EXPECT_FALSE(FromBase64(wrong)) << wrong;
}

TEST(ConnectTest, Utf8_IsStrict) {
  for (const char* right : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(IsUtf8(right)) << right;
  for (const char* wrong : {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"})
    EXPECT_FALSE(IsUtf8(wrong));
  EXPECT_EQ(MadeUtf8("a\xc3z"), "a\xef\xbf\xbdz");
}

TEST(ConnectTest, Target_IsSplitAndItsQueryDecoded) {
  const auto target = ParseTarget("/a/B?x=1%20+2&y&x=3&&z=%7B%7d");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a/B");
  EXPECT_EQ(target->query,
            (std::map<std::string, std::string>{{"x", "1  2"}, {"y", ""}, {"z", "{}"}}));
  for (const char* wrong :
       {"", "x", "*", "http://h/p", "/p?a=%", "/p?a=%4", "/p?a=%zz", "/p?%g0=1"})
    EXPECT_FALSE(ParseTarget(wrong)) << wrong;
}

TEST(ConnectTest, Limits_ComeFromTheConfiguration) {
  const Limits limits = LimitsOf(R"({"body_bytes": 2000, "idle_time_ms": 150, "connections": 3})");
  EXPECT_EQ(limits.body_bytes, 2000u);
  EXPECT_EQ(limits.idle_time, std::chrono::milliseconds(150));
  EXPECT_EQ(limits.connections, 3u);
  EXPECT_EQ(limits.header_bytes, Limits().header_bytes);
  EXPECT_EQ(LimitsOf("").body_bytes, Limits().body_bytes);
}

}  // namespace
}  // namespace ns::gateway
