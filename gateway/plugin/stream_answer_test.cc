// Answers of entries that stream: those that have no body, and those that are cut.
#include <gmock/gmock.h>

#include <thread>

#include "testing/stream_test.h"

namespace ns::gateway {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class StreamAnswerTest : public StreamTest {};

// Whatever came behind its head would be taken for the next answer.
TEST_F(StreamAnswerTest, OpenedAnswerThatHasNoBody_IsItsHeadAlone) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Content-Length: 0")));
  ASSERT_TRUE(host_.WaitLast());
  host_.Open("304");
  host_.Message("dropped");
  host_.End();
  const std::string answer = client.Response();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 304 ")) << answer;
  EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(answer, Not(HasSubstr("Connection: close")));
  client.HalfClose();
  EXPECT_EQ(client.Rest(), "");
}

TEST_F(StreamAnswerTest, WholeAnswerThatHasNoBody_IsItsHeadAlone) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Content-Length: 0")));
  ASSERT_TRUE(host_.WaitLast());
  host_.Message("dropped");
  host_.End(204);
  const std::string answer = client.Response();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 ")) << answer;
  EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  client.HalfClose();
  EXPECT_EQ(client.Rest(), "");
}

TEST_F(StreamAnswerTest, OpenedAnswerOfHttp2ThatHasNoBody_IsItsHeadAlone) {
  StartShort();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(AskedByHttp2()));
  ASSERT_TRUE(host_.WaitLast());
  host_.Open("304");
  host_.Message("dropped");
  host_.End();
  ExpectHeadAlone(client);
}

TEST_F(StreamAnswerTest, WholeAnswerOfHttp2ThatHasNoBody_IsItsHeadAlone) {
  StartShort();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(AskedByHttp2()));
  ASSERT_TRUE(host_.WaitLast());
  host_.Message("dropped");
  host_.End(204);
  ExpectHeadAlone(client);
}

TEST_F(StreamAnswerTest, AnswerOfHttp2_HasItsBodyElse) {
  StartShort();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(AskedByHttp2()));
  ASSERT_TRUE(host_.WaitLast());
  host_.Open();
  host_.Message("kept");
  host_.End();
  EXPECT_EQ(DataOf(client), std::pair(std::string("kept"), true));
}

TEST_F(StreamAnswerTest, AnswerThatFails_HasNoLastChunk) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Content-Length: 0")));
  ASSERT_TRUE(host_.WaitLast());
  host_.Open();
  EXPECT_THAT(client.Response(), HasSubstr("Transfer-Encoding: chunked"));
  host_.Message("half");
  std::this_thread::sleep_for(100ms);
  host_.Fail();
  EXPECT_EQ(client.Rest(), "4\r\nhalf\r\n");
}

// It knows an end by the close alone.
TEST_F(StreamAnswerTest, AnswerThatFailsToAClientOfHttp10_EndsWithAReset) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send("GET /git/shop.git HTTP/1.0\r\n\r\n"));
  ASSERT_TRUE(host_.WaitLast());
  host_.Open();
  EXPECT_THAT(client.Response(), HasSubstr("200 OK"));
  host_.Fail();
  client.Rest();
  EXPECT_TRUE(client.was_reset());
}

TEST_F(StreamAnswerTest, AnswerOfHttp2ThatFails_IsReset) {
  StartShort();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(AskedByHttp2()));
  ASSERT_TRUE(host_.WaitLast());
  host_.Open();
  host_.Message("half");
  host_.Fail();
  std::string code;
  for (const H2Frame& frame : FramesIn(client.Rest())) {
    if (frame.stream != 1) continue;
    if (frame.type == kReset) code = frame.payload;
    EXPECT_FALSE(frame.type == kData && (frame.flags & kEndStream) != 0);
  }
  EXPECT_EQ(code, std::string("\0\0\0\2", 4)) << "INTERNAL_ERROR";
}

TEST_F(StreamAnswerTest, ClientThatGoesWhileItIsAnswered_IsToldToTheHost) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Content-Length: 0")));
  ASSERT_TRUE(host_.WaitLast());
  host_.Open();
  EXPECT_THAT(client.Response(), HasSubstr("200 OK"));
  client.Close();
  EXPECT_TRUE(host_.WaitCancelled());
  host_.End();
}

}  // namespace
}  // namespace ns::gateway
