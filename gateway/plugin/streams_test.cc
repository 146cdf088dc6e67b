// Answers of many messages, over real sockets.
#include <gmock/gmock.h>

#include <functional>
#include <thread>

#include "rpc/envelope.h"
#include "testing/edge_test.h"
#include "testing/h2_frames.h"

namespace ns::gateway {
namespace {

using rpc::Enveloped;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

const std::string kStream = kService + "GetBuildLogStream";
constexpr uint8_t kEnd = 2;

std::string Ask(const std::string& more = "") {
  return Post(kStream, Enveloped(0, "{}"), "application/connect+json", more);
}
const std::string kLast = "Connection: close\r\n";

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

class StreamsTest : public EdgeTest {
 protected:
  void StartSilent() {
    host_.silent_method = kStream.substr(1);
    Start();
  }
  // Until the answer has begun.
  static void Follow(RawClient& client, const std::string& ask = Ask()) {
    ASSERT_TRUE(client.Send(ask));
    EXPECT_THAT(client.Response(), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  static std::string AskedByHttp2() {
    const std::string block = PostBlock(kStream) + Literal("\x0f\x10", "application/connect+json");
    return Opening() + Frame(kHeaders, kEndHeaders, 1, block) +
           Frame(kData, kEndStream, 1, Enveloped(0, "{}"));
  }
};

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
  client.Send(Ask(kLast));
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
  client.Send(Ask(kLast));
  EXPECT_THAT(Dechunked(BodyOf(client.Rest())),
              HasSubstr(R"({"error":{"code":"not_found","message":"The build is gone."}})"));
}

TEST_F(StreamsTest, ConnectionGoesOnAfterwards) {
  host_.handler = [](const Asked&) { return Log(2, 10); };
  Start();
  RawClient client(port_);
  client.Send(Ask() + Ask(kLast));
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
  client.Send(Post(kStream, Enveloped(0, ""), "application/connect+proto", kLast));
  ASSERT_TRUE(host_.WaitAsked(1));
  size_t before = 0, now = host_.delivered();
  do {
    std::this_thread::sleep_for(200ms);
    before = std::exchange(now, host_.delivered());
  } while (now == 0 || now != before);
  EXPECT_LT(now * kSize, 20u << 20) << "what the sockets hold, and a little more";
  const std::string all = client.Rest();
  EXPECT_EQ(host_.delivered(), kCount);
  EXPECT_GT(all.size(), kCount * kSize);
}

TEST_F(StreamsTest, ClientThatIsGone_EndsItsStream) {
  StartSilent();
  const std::vector<std::function<void(RawClient&)>> ways = {
      [](RawClient& client) { client.Reset(); }, [](RawClient& client) { client.Close(); },
      [](RawClient& client) { client.HalfClose(); }};
  size_t gone = 0;
  for (const auto& go : ways) {
    RawClient remote(port_), local(path_);
    for (RawClient* const client : {&remote, &local}) {
      Follow(*client);
      go(*client);
      EXPECT_TRUE(host_.WaitCancelled(++gone)) << gone;
    }
  }
}

// However much of its next requests a client has sent before.
TEST_F(StreamsTest, ClientThatIsGoneAfterMore_EndsItsStream) {
  StartSilent();
  RawClient client(port_);
  Follow(client);
  ASSERT_TRUE(client.Send(Ask()));
  std::this_thread::sleep_for(50ms);
  ASSERT_TRUE(client.Send("POST "));
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(host_.cancelled(), 0u);
  client.Close();
  EXPECT_TRUE(host_.WaitCancelled(1));
}

// Nothing tells of it but that nobody answers. Of HTTP/2 as well, where somebody reads.
TEST_F(StreamsTest, ClientThatVanishes_EndsItsStream) {
  settings_.http.silent_time = settings_.http.write_time = 2s;
  StartSilent();
  RawClient first(port_), second(port_);
  Follow(first);
  ASSERT_TRUE(second.Send(AskedByHttp2()));
  ASSERT_TRUE(host_.WaitAsked(2));
  first.Vanish();
  second.Vanish();
  EXPECT_TRUE(host_.WaitCancelled(2));
}

TEST_F(StreamsTest, ClientThatIsStillThere_IsAnsweredHoweverLongItIsQuiet) {
  settings_.http.silent_time = settings_.http.write_time = 1s;
  StartSilent();
  RawClient client(port_);
  Follow(client);
  std::this_thread::sleep_for(3s);
  EXPECT_EQ(host_.cancelled(), 0u);
}

// In the packet of the first request, in one of its own, and more than is read beforehand.
TEST_F(StreamsTest, RequestsBehindAStream_AreAnsweredAfterIt) {
  settings_.http.header_bytes = 4096;
  host_.handler = [](const Asked& asked) { return Told{asked.message, {}, 0, ""}; };
  StartSilent();
  const std::string short_time = "Connect-Timeout-Ms: 300\r\n";
  const auto get = [](const std::string& id) {
    neoshowcase::protobuf::ApplicationIdRequest request;
    request.set_id(id);
    return Post(kService + "GetApplication", request.SerializeAsString(), "application/proto");
  };
  const std::string large(1'000'000, 'x');
  RawClient client(port_);
  Follow(client, Ask(short_time) + get("first"));
  ASSERT_TRUE(client.Send(get("second")));
  std::this_thread::sleep_for(50ms);
  const std::string rest = get(large);
  std::jthread sender([&] { client.Send(rest); });
  EXPECT_THAT(client.Response(), AllOf(HasSubstr("deadline_exceeded"), EndsWith("0\r\n\r\n")));
  EXPECT_THAT(client.Response(), EndsWith("first"));
  EXPECT_THAT(client.Response(), EndsWith("second"));
  EXPECT_THAT(client.Response(), EndsWith(large));
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
  StartSilent();
  RawClient client(port_);
  client.Send(Ask("Connect-Timeout-Ms: 20\r\n" + kLast));
  EXPECT_THAT(client.Rest(), HasSubstr(R"("code":"deadline_exceeded")"));
}

}  // namespace
}  // namespace ns::gateway
