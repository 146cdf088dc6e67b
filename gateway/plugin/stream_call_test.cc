// Requests of entries that stream, over real sockets and versions of HTTP.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "testing/stream_test.h"

namespace ns::gateway {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

class StreamCallTest : public StreamTest {};

TEST_F(StreamCallTest, Body_ComesAsItIsWantedAndTheAnswerInPieces) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Content-Length: 10\r\nConnection: close") + "0123456789"));
  ASSERT_TRUE(host_.WaitBegun());
  host_.Want(4);
  ASSERT_TRUE(host_.WaitBody(4));
  EXPECT_EQ(host_.body(), "0123");
  host_.Want(100);
  ASSERT_TRUE(host_.WaitLast());
  EXPECT_EQ(host_.body(), "0123456789");
  host_.Open();
  host_.Message("one");
  host_.Message("two");
  host_.End();
  const std::string answer = client.Rest();
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("application/x-test"));
  EXPECT_THAT(answer, EndsWith("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));
}

TEST_F(StreamCallTest, ChunkedBodyThatExpectsAWord_HasItAndComesWhole) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(
      client.Send(Head("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: close")));
  ASSERT_TRUE(host_.WaitBegun());
  host_.Want(1000);
  ASSERT_TRUE(client.Send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  ASSERT_TRUE(host_.WaitLast());
  EXPECT_EQ(host_.body(), "abcde");
  host_.Open();
  host_.End();
  const std::string answer = client.Rest();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")) << answer;
}

// More than a body of a call may have, and held up by TCP as long as nobody wants it.
TEST_F(StreamCallTest, LongBody_IsHeldUpUntilItIsWanted) {
  settings_.http.body_bytes = 1000;
  settings_.http.body_time = 500ms;  // for each piece, when it is the client that is waited for
  Start();
  constexpr size_t kSize = 32 << 20;
  RawClient client(port_);
  std::jthread sender([&] {
    client.Send(Head("Connection: close\r\nContent-Length: " + std::to_string(kSize)));
    client.Send(std::string(kSize, 'x'));
  });
  ASSERT_TRUE(host_.WaitBegun());
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(host_.body().size(), 0u);
  for (size_t wanted = 0; wanted < kSize; wanted += 1 << 20) {
    host_.Want(1 << 20);
    ASSERT_TRUE(host_.WaitBody(wanted + (1 << 20)));
  }
  host_.Want(1);
  EXPECT_TRUE(host_.WaitLast());
  sender.join();
  host_.Open();
  host_.End();
  EXPECT_THAT(client.Rest(), HasSubstr("200 OK"));
}

TEST_F(StreamCallTest, BodyOfHttp2ThatNobodyWants_IsHeld) {
  settings_.http.held_bytes = 50'000;
  StartShort();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(
      Opening() + Frame(kHeaders, kEndHeaders, 1, PostBlock("/git/shop.git/git-receive-pack"))));
  ASSERT_TRUE(host_.WaitBegun());
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(client.Send(Frame(kData, 0, 1, std::string(16'000, 'x'))));
  EXPECT_TRUE(host_.WaitCancelled());
  host_.End();
  EXPECT_THAT(client.Rest(), HasSubstr("resource_exhausted"));
}

TEST_F(StreamCallTest, ChunkWithItsLineEnd_ComesAtOnce) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Transfer-Encoding: chunked") + "3\r\nabc\r\n"));
  ASSERT_TRUE(host_.WaitBegun());
  host_.Want(100);
  EXPECT_TRUE(host_.WaitBody(3));
}

TEST_F(StreamCallTest, ChunksThatNobodyWants_AreNotReadOn) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Transfer-Encoding: chunked")));
  ASSERT_TRUE(host_.WaitBegun());
  const std::string chunk = "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  constexpr size_t kChunks = (64 << 20) / 0x1000;
  std::atomic<size_t> sent = 0;
  std::jthread sender([&] {
    while (sent < kChunks && client.Send(chunk)) ++sent;
  });
  size_t before = 0;
  do {
    before = sent;
    std::this_thread::sleep_for(300ms);
  } while (sent != before);
  EXPECT_LT(sent, kChunks / 2) << "what the sockets hold";
  server_.reset();
}

TEST_F(StreamCallTest, WhatIsNoChunkBehindAnAnswerThatHasBegun_EndsTheConnection) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Transfer-Encoding: chunked") + "3\r\nabc\r\n"));
  ASSERT_TRUE(host_.WaitBegun());
  host_.Want(100);
  ASSERT_TRUE(host_.WaitBody(3));
  host_.Open();
  EXPECT_THAT(client.Response(), HasSubstr("200 OK"));
  ASSERT_TRUE(client.Send("no chunk\r\n"));
  EXPECT_TRUE(host_.WaitCancelled());
  EXPECT_EQ(client.Rest(), "");
  host_.End();
}

TEST_F(StreamCallTest, ClientThatStalls_IsSentAwayAndTheHostTold) {
  settings_.http.body_time = 100ms;
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Content-Length: 10") + "012"));
  ASSERT_TRUE(host_.WaitBegun());
  host_.Want(100);
  EXPECT_TRUE(host_.WaitCancelled());
  host_.End();
  EXPECT_EQ(client.Rest(), "");
}

TEST_F(StreamCallTest, ClientThatGoes_IsToldToTheHost) {
  Start();
  {
    RawClient client(port_);
    ASSERT_TRUE(client.Send(Head("Content-Length: 10") + "012"));
    ASSERT_TRUE(host_.WaitBegun());
    host_.Want(100);
    ASSERT_TRUE(host_.WaitBody(3));
  }
  EXPECT_TRUE(host_.WaitCancelled());
  host_.End();
}

TEST_F(StreamCallTest, AnswerBeforeTheEndOfTheBody_ReachesTheClient) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Content-Length: 1000000") + std::string(1000, 'x')));
  ASSERT_TRUE(host_.WaitBegun());
  host_.Want(100);
  ASSERT_TRUE(host_.WaitBody(100));
  host_.Open();
  host_.Message("no");
  host_.End();
  client.Send(std::string(100'000, 'x'));
  const std::string answer = client.Response() + client.Rest();
  EXPECT_THAT(answer, HasSubstr("2\r\nno\r\n0\r\n\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

// The system writes into what was prepared for it, whatever is answered meanwhile.
TEST_F(StreamCallTest, BodyThatComesAfterTheAnswerHasBegun_IsNotLost) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Content-Length: 10\r\nConnection: close") + "012"));
  ASSERT_TRUE(host_.WaitBegun());
  host_.Want(100);
  ASSERT_TRUE(host_.WaitBody(3));
  host_.Open();
  EXPECT_THAT(client.Response(), HasSubstr("200 OK"));
  ASSERT_TRUE(client.Send("3456789"));
  EXPECT_TRUE(host_.WaitLast());
  EXPECT_EQ(host_.body(), "0123456789");
  host_.End();
  EXPECT_EQ(client.Rest(), "0\r\n\r\n");
}

TEST_F(StreamCallTest, TooLongBody_IsRefusedBeforeItIsRead) {
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Head("Content-Length: 2000000000")));
  ASSERT_TRUE(host_.WaitCancelled());
  host_.End();
  EXPECT_THAT(client.Response(), HasSubstr("413"));
}

}  // namespace
}  // namespace ns::gateway
