#include "rpc/problem.h"

#include <gtest/gtest.h>

#include "rpc/base64.h"
#include "rpc/target.h"
#include "rpc/timeout.h"
#include "rpc/utf8.h"

namespace ns::gateway::rpc {
namespace {

TEST(ProblemTest, Codes_HaveTheNamesAndStatusesOfTheProtocol) {
  EXPECT_EQ(CodeName(NS_E_INVALID), "invalid_argument");
  EXPECT_EQ(CodeName(NS_E_STALE), "aborted");
  EXPECT_EQ(CodeName(99), "unknown");
  EXPECT_EQ(CodeName(-1), "unknown");
  EXPECT_EQ(HttpStatus(ns_status{NS_E_UNAUTHENTICATED}), 401);
  EXPECT_EQ(HttpStatus(ns_status{NS_E_CANCELLED}), 499);
  EXPECT_EQ(HttpStatus(Problem{NS_E_UNSUPPORTED, "", {}, 415}), 415);
}

TEST(ProblemTest, ErrorJson_EscapesAndMendsWhatIsNoText) {
  EXPECT_EQ(ErrorJson({NS_E_NOT_FOUND, "no \"x\"\xff", {}, 0}),
            "{\"code\":\"not_found\",\"message\":\"no \\\"x\\\"\xef\xbf\xbd\"}");
  EXPECT_EQ(
      ErrorJson({NS_E_INVALID,
                 "",
                 {{"a.B", std::string("\x00\xff", 2), "{\"x\":1}"}, {"a.C", "", ""}},
                 0}),
      R"({"code":"invalid_argument","details":[{"type":"a.B","value":"AP8","debug":{"x":1}},{"type":"a.C","value":""}]})");
}

TEST(ProblemTest, Details_OfBytesThatAreNoStatus_AreLeftOut) {
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

TEST(ProblemTest, Timeout_HasUpToTenDigits) {
  EXPECT_EQ(ConnectTimeout("1500"), std::chrono::milliseconds(1500));
  EXPECT_EQ(ConnectTimeout("9999999999"), std::chrono::milliseconds(9'999'999'999));
  for (const char* wrong : {"", "-1", "1s", "10000000000", " 1", "0x1"})
    EXPECT_FALSE(ConnectTimeout(wrong)) << wrong;
}

TEST(ProblemTest, Base64_GoesBothWays) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd"})
    EXPECT_EQ(FromBase64(Base64(text)), text);
  EXPECT_EQ(Base64("foob"), "Zm9vYg");
  EXPECT_EQ(FromBase64("Zm9vYg=="), "foob");
  EXPECT_EQ(FromBase64("__-_"), FromBase64("//+/"));
  for (const char* wrong : {"a", "!!!!", "Zm9v=Yg"}) EXPECT_FALSE(FromBase64(wrong)) << wrong;
}

TEST(ProblemTest, Utf8_IsStrict) {
  for (const char* right : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(IsUtf8(right)) << right;
  for (const char* wrong : {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"})
    EXPECT_FALSE(IsUtf8(wrong));
  EXPECT_EQ(MadeUtf8("a\xc3z"), "a\xef\xbf\xbdz");
}

TEST(ProblemTest, Target_IsSplitAndItsQueryDecoded) {
  const auto target = ParseTarget("/a/B?x=1%20+2&y&x=3&&z=%7B%7d");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a/B");
  EXPECT_EQ(target->query,
            (std::map<std::string, std::string>{{"x", "1  2"}, {"y", ""}, {"z", "{}"}}));
  for (const char* wrong :
       {"", "x", "*", "http://h/p", "/p?a=%", "/p?a=%4", "/p?a=%zz", "/p?%g0=1"})
    EXPECT_FALSE(ParseTarget(wrong)) << wrong;
}

TEST(ProblemTest, StatusBytes_SayWhatDetailsOfReads) {
  const Problem problem{NS_E_NOT_FOUND, "gone", {{"a.B", "\x08\x01", ""}, {"a.C", "", ""}}, 0};
  const std::string bytes = StatusBytes(problem);
  EXPECT_TRUE(bytes.starts_with("\x08\x05\x12\x04gone"));
  const auto details = DetailsOf(bytes);
  ASSERT_EQ(details.size(), 2u);
  EXPECT_EQ(details[0].type, "a.B");
  EXPECT_EQ(details[0].value, "\x08\x01");
  EXPECT_EQ(details[1].type, "a.C");
}

TEST(ProblemTest, PercentEncoding_LeavesPrintableAsciiAlone) {
  EXPECT_EQ(PercentEncoded("all ok~ 100%"), "all ok~ 100%25");
  EXPECT_EQ(PercentEncoded("\n\xc3\xa9\x7f"), "%0A%C3%A9%7F");
}

TEST(ProblemTest, GrpcTimeout_HasUpToEightDigitsAndAUnit) {
  using namespace std::chrono_literals;
  EXPECT_EQ(GrpcTimeout("2H"), 2h);
  EXPECT_EQ(GrpcTimeout("3M"), 3min);
  EXPECT_EQ(GrpcTimeout("4S"), 4s);
  EXPECT_EQ(GrpcTimeout("5m"), 5ms);
  EXPECT_EQ(GrpcTimeout("6u"), 6us);
  EXPECT_EQ(GrpcTimeout("7n"), 7ns);
  EXPECT_GT(GrpcTimeout("99999999H"), 24h * 365 * 100) << "as long as can be told";
  for (const char* wrong : {"", "1", "S", "123456789S", "-1S", "1s", "1.5S"})
    EXPECT_FALSE(GrpcTimeout(wrong)) << wrong;
}

}  // namespace
}  // namespace ns::gateway::rpc
