#include "rpc/protocol.h"

#include <gmock/gmock.h>

#include "rpc/base64.h"
#include "rpc/envelope.h"
#include "rpc/gzip.h"

namespace ns::gateway::rpc {
namespace {

using http::Find;
using testing::HasSubstr;

const Packing kPlain{false, false, 1000}, kGzipIn{true, false, 1000}, kGzipOut{false, true, 1000};

std::string Text(const Converted& converted) {
  const auto* text = std::get_if<std::string>(&converted);
  return text ? *text : "problem: " + std::get<Problem>(converted).message;
}
ns_status CodeOf(const Converted& converted) {
  const auto* problem = std::get_if<Problem>(&converted);
  return problem ? problem->code : NS_OK;
}

TEST(Gzip, GoesBothWaysAndNoFurtherThanIsAllowed) {
  const std::string text(10'000, 'x');
  EXPECT_LT(Gzip(text).size(), 200u);
  EXPECT_EQ(Text(Gunzip(Gzip(text), 10'000)), text);
  EXPECT_EQ(CodeOf(Gunzip(Gzip(text), 9'999)), NS_E_EXHAUSTED);
  EXPECT_EQ(Text(Gunzip(Gzip(""), 0)), "");
  for (const std::string& wrong :
       {std::string(), std::string("{}"), Gzip(text).substr(0, 20), Gzip(text) + "x"})
    EXPECT_EQ(CodeOf(Gunzip(wrong, 10'000)), NS_E_INVALID);
}

TEST(Envelopes, AreTakenOneByOne) {
  const std::string bytes = Enveloped(0, "one") + Enveloped(1, "") + Enveloped(2, "three");
  std::string_view rest = bytes;
  EXPECT_EQ(TakeEnvelope(rest)->bytes, "one");
  EXPECT_EQ(TakeEnvelope(rest)->flags, 1);
  EXPECT_EQ(TakeEnvelope(rest)->bytes, "three");
  EXPECT_FALSE(TakeEnvelope(rest));
  for (size_t i = 0; i < 8; ++i) {
    std::string_view part = std::string_view(bytes).substr(0, i);
    EXPECT_FALSE(TakeEnvelope(part)) << i;
    EXPECT_EQ(part.size(), i) << "is left";
  }
  std::string huge = Enveloped(0, "x");
  huge[1] = '\xff';
  std::string_view of_huge = huge;
  EXPECT_FALSE(TakeEnvelope(of_huge));
}

TEST(FramedRequest, HasOneMessageOfASizeAndPackingThatWereAgreed) {
  for (const auto& protocol :
       {Grpc("application/grpc", kPlain), GrpcWeb("application/grpc-web", false, kPlain),
        ConnectStream("application/connect+proto", kPlain)}) {
    EXPECT_EQ(Text(protocol->Message(Enveloped(0, "ab"))), "ab");
    EXPECT_EQ(CodeOf(protocol->Message("")), NS_E_UNSUPPORTED);
    EXPECT_EQ(CodeOf(protocol->Message(Enveloped(0, "a") + Enveloped(0, "b"))), NS_E_UNSUPPORTED);
    EXPECT_EQ(CodeOf(protocol->Message(Enveloped(0, "abc").substr(0, 6))), NS_E_INVALID);
    EXPECT_EQ(CodeOf(protocol->Message(Enveloped(0, std::string(1001, 'x')))), NS_E_EXHAUSTED);
    EXPECT_EQ(CodeOf(protocol->Message(Enveloped(1, Gzip("a")))), NS_E_INTERNAL);
    EXPECT_EQ(CodeOf(protocol->Message(Enveloped(0x40, "a"))), NS_E_INVALID);
  }
  const auto packed = Grpc("application/grpc", kGzipIn);
  EXPECT_EQ(Text(packed->Message(Enveloped(1, Gzip("a")))), "a");
  EXPECT_EQ(Text(packed->Message(Enveloped(0, "plain"))), "plain");
}

TEST(ConnectUnaryAnswer, IsPlainHttp) {
  const auto protocol = ConnectUnary(Codec::kJson, kGzipOut);
  const Reply reply = protocol->Whole({{"x-a", "1"}}, "{}", {std::nullopt, {{"x-t", "2"}}});
  EXPECT_EQ(reply.head.status, 200);
  EXPECT_EQ(reply.body, "{}");
  EXPECT_EQ(Find(reply.head.headers, "content-type"), "application/json");
  EXPECT_EQ(Find(reply.head.headers, "x-a"), "1");
  EXPECT_EQ(Find(reply.head.headers, "trailer-x-t"), "2");
  EXPECT_EQ(Find(reply.head.headers, "content-encoding"), "") << "too short to be worth it";
  const std::string large(5000, 'y');
  const Reply packed = protocol->Whole({}, large, {});
  EXPECT_EQ(Find(packed.head.headers, "content-encoding"), "gzip");
  EXPECT_EQ(Text(Gunzip(packed.body, 5000)), large);
  const Reply failed = protocol->Whole({}, "", {Problem{NS_E_NOT_FOUND, "gone", {}, 0}, {}});
  EXPECT_EQ(failed.head.status, 404);
  EXPECT_EQ(failed.body, R"({"code":"not_found","message":"gone"})");
}

TEST(ConnectStreamAnswer, EndsWithAMessageOfItsOwn) {
  const auto protocol = ConnectStream("application/connect+json", kPlain);
  EXPECT_EQ(Find(protocol->Open({}).headers, "content-type"), "application/connect+json");
  EXPECT_EQ(protocol->Frame("{}"), Enveloped(0, "{}"));
  EXPECT_EQ(protocol->Close({}).bytes, Enveloped(2, "{}"));
  const auto tail =
      protocol->Close({Problem{NS_E_STALE, "late", {}, 0}, {{"x-t", "1"}, {"x-t", "2"}}});
  EXPECT_EQ(tail.bytes.substr(5),
            R"({"error":{"code":"aborted","message":"late"},"metadata":{"x-t":["1","2"]}})");
  EXPECT_TRUE(tail.trailers.empty());
}

TEST(GrpcAnswer, EndsWithTrailers) {
  const auto protocol = Grpc("application/grpc+proto", kPlain);
  const Reply reply = protocol->Whole({}, "abc", {std::nullopt, {{"x-t", "1"}}});
  EXPECT_EQ(reply.body, Enveloped(0, "abc"));
  EXPECT_EQ(Find(reply.head.headers, "content-type"), "application/grpc+proto");
  EXPECT_EQ(Find(reply.trailers, "grpc-status"), "0");
  EXPECT_EQ(Find(reply.trailers, "x-t"), "1");
  const Problem problem{NS_E_INVALID, "n\xc3\xa4h", {{"a.B", "v", ""}}, 0};
  const Reply failed = protocol->Whole({}, "ignored", {problem, {}});
  EXPECT_EQ(failed.head.status, 200);
  EXPECT_EQ(failed.body, "");
  EXPECT_EQ(Find(failed.trailers, "grpc-status"), "3");
  EXPECT_EQ(Find(failed.trailers, "grpc-message"), "n%C3%A4h");
  EXPECT_EQ(FromBase64(Find(failed.trailers, "grpc-status-details-bin")), StatusBytes(problem));
}

// Else clients drop it, or it does not fit into a frame at all. Of gRPC-Web they are a body.
TEST(GrpcAnswer, ThatFailsWithMuchToTell_HasShortTrailers) {
  std::string umlauts;
  for (int i = 0; i < 5000; ++i) umlauts += "\xc3\xa4";
  const Problem problem{NS_E_INVALID,
                        "x" + umlauts,
                        {{"a.First", "v", ""},
                         {"a.Large", std::string(9000, 'v'), ""},
                         {"a.Last", std::string(900, 'v'), ""}},
                        0};
  const Headers trailers = Grpc("application/grpc", kPlain)->Whole({}, "", {problem, {}}).trailers;
  size_t size = 0;
  for (const auto& [name, value] : trailers) size += name.size() + value.size();
  EXPECT_LT(size, 7000u);
  EXPECT_EQ(Find(trailers, "grpc-status"), "3");
  EXPECT_TRUE(Find(trailers, "grpc-message").starts_with("x%C3%A4"));
  EXPECT_TRUE(Find(trailers, "grpc-message").ends_with("%C3%A4..."));
  const auto status = FromBase64(Find(trailers, "grpc-status-details-bin"));
  const auto details = DetailsOf(status.value_or(""));
  ASSERT_EQ(details.size(), 2u);
  EXPECT_EQ(details[0].type, "a.First");
  EXPECT_EQ(details[1].type, "a.Last");
  EXPECT_GT(
      GrpcWeb("application/grpc-web", false, kPlain)->Whole({}, "", {problem, {}}).body.size(),
      20'000u);
}

TEST(GrpcWebAnswer, HasItsTrailersInTheBody) {
  const auto protocol = GrpcWeb("application/grpc-web", false, kPlain);
  const Reply reply = protocol->Whole({}, "abc", {std::nullopt, {{"x-t", "1"}}});
  EXPECT_EQ(reply.body, Enveloped(0, "abc") + Enveloped(0x80, "x-t: 1\r\ngrpc-status: 0\r\n"));
  EXPECT_TRUE(reply.trailers.empty());
}

TEST(GrpcWebText, IsBase64InPiecesThatMayBePadded) {
  const auto protocol = GrpcWeb("application/grpc-web-text", true, kPlain);
  const std::string bytes = Enveloped(0, "hello");
  EXPECT_EQ(Text(protocol->Message(Base64(bytes))), "hello");
  EXPECT_EQ(Text(protocol->Message(Base64(bytes.substr(0, 4)) + "==" + Base64(bytes.substr(4)))),
            "hello");
  EXPECT_EQ(CodeOf(protocol->Message("!!!!")), NS_E_INVALID);
  EXPECT_EQ(protocol->Frame("a"), "AAAAAAFh") << "six bytes need no padding";
  EXPECT_EQ(protocol->Frame("ab").size() % 4, 0u);
}

}  // namespace
}  // namespace ns::gateway::rpc
