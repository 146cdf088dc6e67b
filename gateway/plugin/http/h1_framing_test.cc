#include "http/h1_framing.h"

#include <gmock/gmock.h>

namespace ns::gateway::http {
namespace {

// 0: nothing is wrong.
int StatusOf(Headers headers, int version = 11) {
  const auto mistake = FramingMistake({"POST", "/", std::move(headers), version});
  EXPECT_TRUE(!mistake || mistake->why.ends_with(".")) << "a sentence";
  return mistake ? mistake->status : 0;
}

const std::pair<std::string, std::string> kHost{"host", "x"};

TEST(H1Framing, Host_IsThereOnce) {
  EXPECT_EQ(StatusOf({kHost}), 0);
  EXPECT_EQ(StatusOf({}), 400);
  EXPECT_EQ(StatusOf({{"host", ""}}), 400);
  EXPECT_EQ(StatusOf({kHost, kHost}), 400);
  EXPECT_EQ(StatusOf({}, 10), 0);
  EXPECT_EQ(StatusOf({kHost, {"host", "y"}}, 10), 400);
}

TEST(H1Framing, TransferEncoding_IsChunkedOnce) {
  const auto coded = [](const std::string& value) {
    return StatusOf({kHost, {"transfer-encoding", value}});
  };
  for (const char* good : {"chunked", "Chunked", " chunked ", ",chunked", "chunked,"})
    EXPECT_EQ(coded(good), 0) << good;
  for (const char* bad : {"", ",", "gzip", "identity", "xchunked", "chunked, identity",
                          "chunked, gzip", "chunked, chunked", "chunked;q=1", "\vchunked"})
    EXPECT_EQ(coded(bad), 400) << bad;
  for (const char* unknown : {"gzip, chunked", "identity,chunked"})
    EXPECT_EQ(coded(unknown), 501) << unknown;
}

TEST(H1Framing, TransferEncodingInTwoHeaders_IsOneList) {
  const std::pair<std::string, std::string> chunked{"transfer-encoding", "chunked"},
      gzip{"transfer-encoding", "gzip"};
  EXPECT_EQ(StatusOf({kHost, chunked, gzip}), 400);
  EXPECT_EQ(StatusOf({kHost, chunked, chunked}), 400);
  EXPECT_EQ(StatusOf({kHost, gzip, chunked}), 501);
}

TEST(H1Framing, TransferEncodingBesideALength_OrInHttp10_IsRefused) {
  EXPECT_EQ(StatusOf({kHost, {"content-length", "2"}, {"transfer-encoding", "chunked"}}), 400);
  EXPECT_EQ(StatusOf({kHost, {"transfer-encoding", "gzip"}, {"content-length", "2"}}), 400);
  EXPECT_EQ(StatusOf({kHost, {"transfer-encoding", "chunked"}}, 10), 400);
  EXPECT_EQ(StatusOf({kHost, {"content-length", "2"}}, 10), 0);
}

TEST(H1Framing, TargetThatIsAUrl_BecomesAPathAndItsHostTheHost) {
  const auto taken = [](const std::string& target) {
    Head head{"GET", target, {{"a", "b"}, kHost}, 11};
    TakeAbsoluteForm(head);
    return std::string(head.Header("host")) + " " + head.target;
  };
  EXPECT_EQ(taken("http://a.test/b?c=http://d/"), "a.test /b?c=http://d/");
  EXPECT_EQ(taken("HTTPS://a.test:8080"), "a.test:8080 /");
  EXPECT_EQ(taken("http://a.test?b=c"), "a.test /?b=c");
  for (const char* other : {"/", "/http://a.test/", "*", "a.test:443", "ftp://a.test/",
                            "http:", "http:/a", "http://", "http:///b", "http://user@a.test/"})
    EXPECT_EQ(taken(other), std::string("x ") + other);
}

}  // namespace
}  // namespace ns::gateway::http
