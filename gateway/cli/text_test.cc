#include "text.h"

#include <gmock/gmock.h>
#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include "client.h"
#include "failure.h"
#include "refusal.h"
#include "status_text.h"

namespace ns::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TextTest, Table_HasColumnsAsWideAsTheyNeed) {
  EXPECT_EQ(Table({{"ID", "NAME"}, {"1", "b\xc3\xa9"}, {"long", ""}}),
            "ID    NAME\n1     b\xc3\xa9\nlong\n");
  EXPECT_EQ(Table({}), "");
}

TEST(TextTest, Fitted_IsWhatAScreenHasRoomFor) {
  const std::string table = "HEAD\n1\n2\nb\xc3\xa9\xc3\xa9\n";
  EXPECT_EQ(Fitted(table, 5, 80), table);
  EXPECT_EQ(Fitted(table, 4, 80), "HEAD\n1\nand 2 more\n");
  EXPECT_EQ(Fitted(table, 1, 80), "HEAD\n1\nand 2 more\n") << "as if it were a screen";
  EXPECT_EQ(Fitted(table, 50, 2), "HE\n1\n2\nb\xc3\xa9\n");
  EXPECT_EQ(Fitted("", 5, 80), "");
}

TEST(TextTest, Span_UsesTheUnitThatReadsBest) {
  EXPECT_EQ(Span(0), "0 ms");
  EXPECT_EQ(Span(-3), "0 ms");
  EXPECT_EQ(Span(0.0124), "12 ms");
  EXPECT_EQ(Span(0.9999), "1.0 s");
  EXPECT_EQ(Span(3.44), "3.4 s");
  EXPECT_EQ(Span(59.99), "1 min");
  EXPECT_EQ(Span(125), "2 min 5 s");
  EXPECT_EQ(Span(3600 * 3 + 120), "3 h 2 min");
  EXPECT_EQ(Span(86400 * 2 + 3600), "2 d 1 h");
}

TEST(TextTest, SmallThings_AreAsAPersonReadsThem) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(Ago(time, 1000), "-");
  time.set_seconds(880);
  EXPECT_EQ(Ago(time, 1000), "2 min ago");
  EXPECT_EQ(Ago(time, 0), "1.0 s ago");
  EXPECT_EQ(ShortCommit(std::string(40, '0')), "-");
  EXPECT_EQ(ShortCommit(""), "-");
  EXPECT_EQ(ShortCommit("37cacd292c1f80a5"), "37cacd29");
  EXPECT_EQ(Plain("a\x1b[31m\nb"), "a [31m b");
  EXPECT_EQ(Plain("a\xc2\x9b\x33\x31m\xc2\xa0\xc3\x9f\xc2"), "a 31m\xc2\xa0\xc3\x9f\xc2");
  EXPECT_EQ(Clean("a\x1b[31m\n\tb\r\x7f\xc2\x80"), "a [31m\n\tb   ");
  EXPECT_EQ(NameOfUrl("http://x/y/sample.git/"), "sample");
  EXPECT_EQ(NameOfUrl("git@host:sample.git"), "sample");
}

TEST(StatusTextTest, Status_SaysStateReasonAndSecondsOfEachPhase) {
  neoshowcase::platform::v1::ApplicationStatus status;
  status.set_name("shop");
  status.set_state(neoshowcase::platform::v1::ApplicationStatus::FAILED);
  status.set_summary("the probe failed");
  status.add_urls("http://shop.test/");
  auto& condition = *status.add_conditions();
  condition.set_type("Deploy");
  condition.set_reason("ProbeFailed");
  auto& phase = *status.mutable_last_deploy()->add_phases();
  phase.set_name("probe");
  phase.set_seconds(1.5);
  const std::string text = StatusText(status, 1000);
  for (const char* words : {"shop  FAILED\n", "why       the probe failed\n", "http://shop.test/",
                            "NOT  Deploy     ProbeFailed", "  probe  1.5 s  so far\n"})
    EXPECT_THAT(text, HasSubstr(words));
  EXPECT_THAT(StatusJson(status),
              HasSubstr(R"("timeline":[{"name":"probe","seconds":1.5E0,"finished":false}])"));
  EXPECT_THAT(StatusJson({}), HasSubstr(R"("timeline":[])"));
}

TEST(ServerTest, Addresses_AreOfThreeForms) {
  EXPECT_EQ(ParseServer("unix:/run/x.sock").socket, "/run/x.sock");
  EXPECT_EQ(ParseServer("http://a:1/").url, "http://a:1");
  for (const char* wrong : {"", "a:1", "unix:x", "ftp://a"})
    EXPECT_THROW(ParseServer(wrong), Failure) << wrong;
}

TEST(RefusalTest, Fields_AreNamedOnce) {
  const Refused refused = RefusalOf(
      400,
      R"({"code":"invalid_argument","message":"name: must not be empty","details":[{"type":"google.rpc.BadRequest","debug":
    {"fieldViolations":[{"field":"name","description":"must not be empty"},{"field":"port","description":"must be below 65536"}]}}]})");
  EXPECT_EQ(refused.code(), "invalid_argument");
  EXPECT_STREQ(refused.what(), "name: must not be empty\n  port: must be below 65536");
  EXPECT_EQ(refused.exit(), Exit::kUsage);
}

TEST(RefusalTest, WhatIsNotConnect_HasTheCodeOfItsStatus) {
  const std::string page = "<html>";
  EXPECT_EQ(RefusalOf(401, page).code(), "unauthenticated");
  EXPECT_EQ(RefusalOf(401, page).exit(), Exit::kDenied);
  EXPECT_THAT(RefusalOf(401, page).what(), HasSubstr("`ns login` stores a token"));
  EXPECT_EQ(RefusalOf(403, page).code(), "permission_denied");
  EXPECT_THAT(RefusalOf(403, page).what(), Not(HasSubstr("--server")));
  for (const long status : {429, 502, 503, 504})
    EXPECT_EQ(RefusalOf(status, page).exit(), Exit::kUnreachable) << status;
  EXPECT_EQ(RefusalOf(418, page).code(), "unknown");
  for (const char* body : {"", "[]", "{}", "{\"code\":7}", "\xff"}) {
    EXPECT_EQ(RefusalOf(404, body).code(), "unimplemented") << body;
    EXPECT_THAT(RefusalOf(404, body).what(), HasSubstr("is --server the address of")) << body;
  }
}

TEST(RefusalTest, WhoIsNotKnown_IsToldHowToBe) {
  EXPECT_THAT(RefusalOf(401, R"({"code":"unauthenticated","message":"who?"})").what(),
              testing::AllOf(HasSubstr("`ns login`"), HasSubstr("NS_TOKEN")));
}

TEST(ExitTest, Codes_FollowFromTheRefusal) {
  EXPECT_EQ(ExitOf("not_found"), Exit::kNotFound);
  EXPECT_EQ(ExitOf("unauthenticated"), Exit::kDenied);
  EXPECT_EQ(ExitOf("unavailable"), Exit::kUnreachable);
  EXPECT_EQ(ExitOf("deadline_exceeded"), Exit::kTimedOut);
  EXPECT_EQ(ExitOf("internal"), Exit::kFailed);
}

}  // namespace
}  // namespace ns::cli
