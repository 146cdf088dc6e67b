#include "rpc/plan.h"

#include <gmock/gmock.h>

#include "proto/descriptors.h"

namespace ns::gateway::rpc {
namespace {

using http::Find;
using testing::HasSubstr;
using namespace std::chrono_literals;

const std::string kUnary = "/neoshowcase.protobuf.APIService/GetApplication",
                  kWrite = "/neoshowcase.protobuf.APIService/StopApplication",
                  kStream = "/neoshowcase.protobuf.APIService/GetBuildLogStream";

Planned PlanOf(const std::string& method, const std::string& target, Headers headers = {},
               int version = 20) {
  static const Schema schema(ns::proto::DescriptorSet());
  return PlanCall({method, target, std::move(headers), version}, *ParseTarget(target), schema,
                  1000);
}
Planned PostOf(const std::string& target, const std::string& type, Headers more = {},
               int version = 20) {
  more.emplace_back("content-type", type);
  return PlanOf("POST", target, std::move(more), version);
}
// "404 not_found ..." of a refusal by HTTP, "grpc 12" of one in trailers.
std::string Refusal(const Planned& planned) {
  const auto* reply = std::get_if<Reply>(&planned);
  if (reply == nullptr) return "a call";
  const auto status = Find(reply->trailers, "grpc-status");
  if (!status.empty()) return "grpc " + std::string(status);
  return std::to_string(reply->head.status) + " " + reply->body;
}

TEST(PlanCall, ContentTypeNamesProtocolAndCodec) {
  struct Case {
    std::string type;
    Codec codec;
  };
  for (const Case& one :
       {Case{"application/proto", Codec::kProto}, Case{"application/json", Codec::kJson},
        Case{"Application/JSON; charset=UTF-8", Codec::kJson},
        Case{"application/grpc", Codec::kProto}, Case{"application/grpc+json", Codec::kJson},
        Case{"application/grpc-web-text+proto", Codec::kProto}}) {
    const Planned planned = PostOf(kUnary, one.type);
    ASSERT_TRUE(std::holds_alternative<Plan>(planned)) << one.type << ": " << Refusal(planned);
    EXPECT_EQ(std::get<Plan>(planned).codec, one.codec) << one.type;
    EXPECT_EQ(std::get<Plan>(planned).framed, nullptr) << "one message for one";
  }
  for (const char* type : {"application/connect+proto", "application/grpc", "application/grpc-web"})
    EXPECT_NE(std::get<Plan>(PostOf(kStream, type)).framed, nullptr) << type;
}

TEST(PlanCall, WhatDoesNotFit_IsRefusedInTheWordsOfItsProtocol) {
  EXPECT_THAT(Refusal(PostOf("/nowhere", "text/plain")), HasSubstr("404"));
  EXPECT_THAT(Refusal(PostOf("/a.B/C", "application/json")),
              HasSubstr("404 {\"code\":\"unimplemented\""));
  EXPECT_EQ(Refusal(PostOf("/a.B/C", "application/grpc")), "grpc 12");
  EXPECT_THAT(Refusal(PostOf(kUnary, "text/plain")), HasSubstr("415"));
  EXPECT_THAT(Refusal(PostOf(kUnary, "application/json; charset=latin1")), HasSubstr("415"));
  EXPECT_THAT(Refusal(PostOf(kUnary, "application/connect+json")), HasSubstr("415"));
  EXPECT_THAT(Refusal(PostOf(kStream, "application/json")), HasSubstr("415"));
  EXPECT_THAT(Refusal(PostOf(kUnary, "application/grpc", {}, 11)), HasSubstr("505"));
  EXPECT_THAT(Refusal(PlanOf("GET", kWrite)), HasSubstr("405"));
  EXPECT_THAT(Refusal(PlanOf("GET", kStream)), HasSubstr("405"));
  EXPECT_THAT(Refusal(PlanOf("PUT", kUnary)), HasSubstr("405"));
  EXPECT_EQ(Refusal(PostOf(kUnary, "application/grpc", {{"grpc-encoding", "br"}})), "grpc 12");
  EXPECT_THAT(Refusal(PostOf(kUnary, "application/json", {{"content-encoding", "br"}})),
              HasSubstr("501"));
  EXPECT_EQ(Refusal(PostOf(kUnary, "application/grpc", {{"grpc-timeout", "soon"}})), "grpc 3");
  EXPECT_THAT(Refusal(PostOf(kUnary, "application/json", {{"connect-protocol-version", "2"}})),
              HasSubstr("400"));
}

TEST(PlanCall, TimeIsThatOfTheProtocol) {
  EXPECT_EQ(
      std::get<Plan>(PostOf(kUnary, "application/json", {{"connect-timeout-ms", "1500"}})).timeout,
      1500ms);
  EXPECT_EQ(std::get<Plan>(PostOf(kUnary, "application/grpc", {{"grpc-timeout", "2S"}})).timeout,
            2s);
  EXPECT_EQ(std::get<Plan>(PostOf(kUnary, "application/json", {{"grpc-timeout", "2S"}})).timeout,
            std::nullopt);
}

TEST(PlanCall, Get_HasItsMessageInTheQuery) {
  const auto plan =
      std::get<Plan>(PlanOf("GET", kUnary + "?connect=v1&encoding=proto&base64=1&message=CgFh"));
  EXPECT_EQ(plan.message,
            "\x0a\x01"
            "a");
  EXPECT_EQ(plan.codec, Codec::kProto);
  EXPECT_EQ(std::get<Plan>(PlanOf("GET", kUnary + "?encoding=json&message=%7B%7D")).message, "{}");
  EXPECT_THAT(Refusal(PlanOf("GET", kUnary)), HasSubstr("415"));
  EXPECT_THAT(Refusal(PlanOf("GET", kUnary + "?encoding=json&base64=1&message=!")),
              HasSubstr("400"));
  EXPECT_THAT(Refusal(PlanOf("GET", kUnary + "?encoding=json&message=&compression=br")),
              HasSubstr("501"));
  EXPECT_EQ(std::get<Plan>(PlanOf("GET", kUnary + "?encoding=proto&message=")).message, "");
  EXPECT_THAT(Refusal(PlanOf("GET", kUnary + "?encoding=proto")), HasSubstr("400"));
  EXPECT_THAT(Refusal(PlanOf("GET", kUnary + "?connect=v2&encoding=json&message=%7B%7D")),
              HasSubstr("connect=v2"));
}

TEST(PlanCall, AnswersArePackedForThoseWhoTakeIt) {
  const auto packed = [](const std::string& accept) {
    const auto plan =
        std::get<Plan>(PostOf(kUnary, "application/json", {{"accept-encoding", accept}}));
    const Reply reply = plan.protocol->Whole({}, std::string(5000, 'x'), {});
    return Find(reply.head.headers, "content-encoding") == "gzip";
  };
  for (const char* takes : {"gzip", "br, GZIP", "gzip;q=0.001", "gzip; q=1", "br;q=0, gzip;Q=0.5"})
    EXPECT_TRUE(packed(takes)) << takes;
  for (const char* refuses :
       {"", "br", "gzip;q=0", "gzip; q=0.000", "GZIP;Q=0.", "br, gzip ; q=0 "})
    EXPECT_FALSE(packed(refuses)) << refuses;
}

}  // namespace
}  // namespace ns::gateway::rpc
