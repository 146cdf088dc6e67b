// Answers of many messages, over real sockets.
#include <gmock/gmock.h>

#include <thread>

#include "rpc/envelope.h"
#include "testing/edge_test.h"

namespace ns::gateway {
namespace {

using rpc::Enveloped;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

const std::string kStream = kService + "GetBuildLogStream";
constexpr uint8_t kEnd = 2;

std::string Ask() { return Post(kStream, Enveloped(0, "{}"), "application/connect+json"); }

// `count` pieces of a log of `size` bytes each.
Told Log(size_t count, size_t size) {
  neoshowcase::protobuf::BuildLog log;
  log.set_log(std::string(size, 'x'));
  Told told;
  told.more.assign(count, log.SerializeAsString());
  return told;
}

// What the chunks of a body hold.
std::string Dechunked(std::string body) {
  std::string whole;
  for (;;) {
    const size_t line = body.find("\r\n");
    if (line == std::string::npos) return whole;
    const size_t size = std::stoul(body.substr(0, line), nullptr, 16);
    if (size == 0) return whole;
    whole += body.substr(line + 2, size);
    body.erase(0, line + 2 + size + 2);
  }
}

class StreamsTest : public EdgeTest {};

TEST_F(StreamsTest, Messages_ComeInOrderAndThenTheEnd) {
  host_.handler = [](const Asked&) {
    Told told;
    for (const char* text : {"a", "b", "c"}) {
      neoshowcase::protobuf::BuildLog log;
      log.set_log(text);
      told.more.push_back(log.SerializeAsString());
    }
    told.leading = {{"x-leading", "1"}};
    told.trailing = {{"x-trailing", "2"}};
    return told;
  };
  Start();
  RawClient client(port_);
  client.Send(Ask());
  client.HalfClose();
  const std::string response = client.Rest();
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(response, HasSubstr("content-type: application/connect+json\r\n"));
  EXPECT_THAT(response, HasSubstr("x-leading: 1\r\n"));
  EXPECT_EQ(Dechunked(BodyOf(response)),
            Enveloped(0, R"({"log":"YQ=="})") + Enveloped(0, R"({"log":"Yg=="})") +
                Enveloped(0, R"({"log":"Yw=="})") +
                Enveloped(kEnd, R"({"metadata":{"x-trailing":["2"]}})"));
}

TEST_F(StreamsTest, Failure_ComesAfterWhatWasSent) {
  host_.handler = [](const Asked&) {
    Told told = Log(1, 1);
    told.error = sdk::Error(NS_E_NOT_FOUND, "Gone", "The build is gone.");
    return told;
  };
  Start();
  RawClient client(port_);
  client.Send(Ask());
  client.HalfClose();
  EXPECT_THAT(Dechunked(BodyOf(client.Rest())),
              HasSubstr(R"({"error":{"code":"not_found","message":"The build is gone."}})"));
}

TEST_F(StreamsTest, ConnectionGoesOnAfterwards) {
  host_.handler = [](const Asked&) { return Log(2, 10); };
  Start();
  RawClient client(port_);
  client.Send(Ask() + Ask());
  client.HalfClose();
  const std::string both = client.Rest();
  EXPECT_NE(both.find("HTTP/1.1 200 OK", 1), std::string::npos) << "a second answer";
  EXPECT_THAT(both, EndsWith("0\r\n\r\n"));
}

// 200 MB wait for a client that reads nothing: the host is not asked for them.
TEST_F(StreamsTest, SlowReader_IsNotReadAheadFor) {
  constexpr size_t kCount = 20'000, kSize = 10'000;
  host_.handler = [](const Asked&) { return Log(kCount, kSize); };
  Start();
  RawClient client(port_);
  client.Send(Post(kStream, Enveloped(0, ""), "application/connect+proto"));
  ASSERT_TRUE(host_.WaitAsked(1));
  size_t before = 0, now = host_.delivered();
  do {
    std::this_thread::sleep_for(200ms);
    before = std::exchange(now, host_.delivered());
  } while (now == 0 || now != before);
  EXPECT_LT(now * kSize, 20u << 20) << "what the sockets hold, and a little more";
  client.HalfClose();
  const std::string all = client.Rest();
  EXPECT_EQ(host_.delivered(), kCount);
  EXPECT_GT(all.size(), kCount * kSize);
}

TEST_F(StreamsTest, ClientThatIsGone_EndsItsStream) {
  host_.silent_method = kStream.substr(1);
  Start();
  {
    RawClient client(port_);
    client.Send(Ask());
    ASSERT_TRUE(host_.WaitAsked(1));
    client.Reset();
  }
  EXPECT_TRUE(host_.WaitCancelled(1));
}

TEST_F(StreamsTest, Drain_EndsThemSoThatClientsComeAgain) {
  host_.silent_method = kStream.substr(1);
  Start();
  RawClient client(port_);
  client.Send(Ask());
  ASSERT_TRUE(host_.WaitAsked(1));
  server_->Drain(sdk::Call());
  EXPECT_THAT(client.Rest(), HasSubstr(R"("code":"unavailable")"));
  EXPECT_TRUE(host_.WaitCancelled(1));
}

TEST_F(StreamsTest, TimeOfTheClient_EndsIt) {
  host_.silent_method = kStream.substr(1);
  Start();
  EXPECT_THAT(Once(Post(kStream, Enveloped(0, "{}"), "application/connect+json",
                        "Connect-Timeout-Ms: 20\r\n")),
              HasSubstr(R"("code":"deadline_exceeded")"));
}

}  // namespace
}  // namespace ns::gateway
