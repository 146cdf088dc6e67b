// Bodies of HTTP/1.1 that come in pieces, and what they may hold.
#include <gmock/gmock.h>

#include <thread>

#include "testing/edge_test.h"
#include "testing/h2_frames.h"

namespace ns::gateway {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

const std::string kMethod = kService + "GetApplication";

class BodyTest : public EdgeTest {
 protected:
  BodyTest() {
    settings_.http.header_bytes = 4096;
    host_.handler = [](const Asked&) {
      return Told{neoshowcase::protobuf::Application().SerializeAsString(), {}, 0, ""};
    };
  }
  // Each of them in a packet of its own.
  static void SendApart(RawClient& client, const std::vector<std::string>& pieces) {
    for (const std::string& piece : pieces) {
      ASSERT_TRUE(client.Send(piece));
      std::this_thread::sleep_for(20ms);
    }
  }
  static std::string Chunked(const std::string& type) {
    return "POST " + kMethod + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + type +
           "\r\nTransfer-Encoding: chunked\r\n\r\n";
  }
};

TEST_F(BodyTest, ChunksByteByByte_AreOneBody) {
  Start();
  RawClient client(port_);
  std::vector<std::string> pieces{Chunked("application/json")};
  for (const char c : std::string("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")) pieces.emplace_back(1, c);
  SendApart(client, pieces);
  EXPECT_THAT(client.Response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(BodyTest, LastChunkAloneInPieces_IsAnEmptyBody) {
  Start();
  RawClient client(port_);
  SendApart(client, {Chunked("application/proto"), "0\r\n", "\r", "\n"});
  EXPECT_THAT(client.Response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(BodyTest, LineOfAChunkWithoutEnd_IsRefused) {
  Start();
  RawClient client(port_);
  client.Send(Chunked("application/json") + "1;" + std::string(100'000, 'a'));
  EXPECT_THAT(client.Response(), StartsWith("HTTP/1.1 431 "));
}

TEST_F(BodyTest, TrailersWithoutEnd_AreRefused) {
  Start();
  RawClient client(port_);
  client.Send(Chunked("application/json") + "0\r\na: " + std::string(100'000, 'a'));
  EXPECT_THAT(client.Response(), StartsWith("HTTP/1.1 431 "));
}

// What a proxy may take for a body is never answered as a request.
TEST_F(BodyTest, BodyWithoutACertainEnd_IsRefusedAndTheConnectionClosed) {
  Start();
  for (const char* framing :
       {"Transfer-Encoding: gzip", "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity", "Transfer-Encoding: gzip\r\nContent-Length: 2",
        "Transfer-Encoding: chunked\r\nContent-Length: 2", "Host: y\r\nContent-Length: 2"}) {
    RawClient client(port_);
    ASSERT_TRUE(client.Send("POST " + kMethod +
                            " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + framing +
                            "\r\n\r\n" + Post(kMethod, "{}")));
    client.HalfClose();
    const std::string answers = client.Rest();
    EXPECT_THAT(answers, StartsWith("HTTP/1.1 400 ")) << framing;
    EXPECT_EQ(answers.find("HTTP/1.1 ", 1), std::string::npos) << framing;
  }
  EXPECT_EQ(host_.asked().size(), 0u);
}

// Whatever came behind its head would be taken for the next answer.
TEST_F(BodyTest, AnswerToHead_IsItsHeadAlone) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send("HEAD " + kMethod + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(client.Response(), AllOf(StartsWith("HTTP/1.1 405 "), EndsWith("\r\n\r\n")));
  ASSERT_TRUE(client.Send(Post(kMethod, "{}")));
  EXPECT_THAT(client.Response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(BodyTest, HeadOfAnEntryForGet_IsAskedOfTheHost) {
  Start();
  RawClient client(path_);
  ASSERT_TRUE(client.Send("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(client.Response(), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\n")));
  EXPECT_EQ(host_.asked().at(0).method, "HEAD /healthz");
  ASSERT_TRUE(client.Send(Post("/healthz", "")));
  EXPECT_THAT(client.Response(), HasSubstr("allow: GET, HEAD\r\n"));
  ASSERT_TRUE(client.Send("HEAD /api/webhook/x HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(client.Response(), HasSubstr("allow: POST\r\n"));
}

TEST_F(BodyTest, AnswerToHeadOverHttp2_IsItsHeadAlone) {
  settings_.http.idle_time = 1s;
  Start();
  RawClient client(port_);
  const std::string block =
      Literal("\x02", "HEAD") + "\x86" + Literal("\x04", kMethod) + Literal("\x01", "x");
  ASSERT_TRUE(client.Send(Opening() + Frame(kHeaders, kEndHeaders | kEndStream, 1, block)));
  bool ended = false;
  for (const H2Frame& frame : FramesIn(client.Rest())) {
    EXPECT_NE(frame.type, kData);
    ended = ended || (frame.stream == 1 && (frame.flags & kEndStream) != 0);
  }
  EXPECT_TRUE(ended);
}

// Whoever answers has it too as long as it is not answered.
TEST_F(BodyTest, MemoryOfARequest_IsHeldUntilItsAnswer) {
  settings_.http.held_bytes = 1'500'000;
  host_.silent_method = kMethod.substr(1);
  Start();
  const std::string large = Post(kMethod, "{\"id\": \"" + std::string(1'000'000, 'a') + "\"}");
  RawClient first(port_);
  ASSERT_TRUE(first.Send(large));
  ASSERT_TRUE(host_.WaitAsked(1));
  EXPECT_THAT(Once(large), HasSubstr("resource_exhausted"));
  first.Reset();
  ASSERT_TRUE(host_.WaitCancelled(1));
  RawClient second(port_);
  ASSERT_TRUE(second.Send(large));
  EXPECT_TRUE(host_.WaitAsked(2));
}

}  // namespace
}  // namespace ns::gateway
