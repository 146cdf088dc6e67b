// Requests of entries that stream, over real sockets and versions of HTTP.
#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "ns/abi/host.h"
#include "ns/sdk/text.h"
#include "proto/descriptors.h"
#include "server.h"
#include "testing/h2_frames.h"
#include "testing/raw_client.h"

namespace ns::gateway {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

// A host whose one entry streams, led by the test. Holds one request.
class StreamHost {
 public:
  StreamHost() {
    raw_.struct_size = sizeof(raw_);
    raw_.host_data = this;
    raw_.service = [](const ns_host* host, const char* id) noexcept -> const void* {
      return std::string(id) == NS_HOST_API ? &Of(host).table_ : nullptr;
    };
    table_.struct_size = sizeof(table_);
    table_.descriptors = [](const ns_host*, ns_sink out) noexcept -> ns_status {
      return out.write(out.ctx, sdk::Bytes(proto::DescriptorSet()));
    };
    table_.raw_entries = [](const ns_host*, ns_raw_sink out) noexcept {
      const ns_raw_entry entry{sizeof(ns_raw_entry), NS_RAW_POST | NS_RAW_GET | NS_RAW_STREAM,
                               sdk::Str("/git/"),    int64_t{1} << 30,
                               NS_RAW_EVERYBODY,     0};
      out.put(out.ctx, &entry);
    };
    table_.raw_begin = [](const ns_host* host, const ns_peer*, ns_str, ns_str, int64_t, uint32_t,
                          const ns_api_sink* sink) noexcept -> ns_api_request* {
      StreamHost& self = Of(host);
      const std::lock_guard lock(self.mutex_);
      self.sink_ = *sink;
      self.begun_ = true;
      self.changed_.notify_all();
      return reinterpret_cast<ns_api_request*>(&self);
    };
    table_.send = [](const ns_host* host, ns_api_request*, ns_bytes piece, int32_t last) noexcept {
      StreamHost& self = Of(host);
      const std::lock_guard lock(self.mutex_);
      self.body_ += sdk::View(piece);
      self.last_ = last != 0;
      self.changed_.notify_all();
    };
    table_.grant = [](const ns_host*, ns_api_request*, uint32_t) noexcept {};
    table_.cancel = [](const ns_host* host, ns_api_request*) noexcept {
      StreamHost& self = Of(host);
      const std::lock_guard lock(self.mutex_);
      self.cancelled_ = true;
      self.changed_.notify_all();
    };
  }
  const ns_host* raw() const { return &raw_; }

  bool WaitBegun() {
    return Wait([this] { return begun_; });
  }
  bool WaitCancelled() {
    return Wait([this] { return cancelled_; });
  }
  bool WaitBody(size_t size) {
    return Wait([this, size] { return body_.size() >= size; });
  }
  bool WaitLast() {
    return Wait([this] { return last_; });
  }
  std::string body() {
    const std::lock_guard lock(mutex_);
    return body_;
  }
  void Want(uint64_t bytes) { sink_.on_want(sink_.ctx, bytes); }
  void Open(const char* status = "200") {
    const ns_header headers[] = {{sdk::Str(":status"), sdk::Str(status)},
                                 {sdk::Str("content-type"), sdk::Str("application/x-test")}};
    sink_.on_metadata(sink_.ctx, 0, headers, 2);
  }
  void Message(const std::string& bytes) { sink_.on_message(sink_.ctx, sdk::Bytes(bytes)); }
  void End(int32_t status = 0) { sink_.on_end(sink_.ctx, nullptr, status, sdk::Str("")); }

 private:
  static StreamHost& Of(const ns_host* host) { return *static_cast<StreamHost*>(host->host_data); }
  bool Wait(const std::function<bool()>& so) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 5s, so);
  }

  ns_host raw_{};
  ns_host_api table_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  ns_api_sink sink_{};
  std::string body_;
  bool begun_ = false, last_ = false, cancelled_ = false;
};

class StreamCallTest : public testing::Test {
 protected:
  StreamCallTest() { listening_ = ListenOnLoopback(port_); }
  ~StreamCallTest() override {
    server_.reset();
    ::close(listening_);
  }
  void Start() {
    settings_.threads = 1;
    server_ = std::make_unique<Server>(sdk::Host(host_.raw()), settings_);
    server_->Listen({{listening_, "127.0.0.1"}});
  }
  static std::string Head(const std::string& framing) {
    return "POST /git/shop.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n" + framing + "\r\n\r\n";
  }

  // Connections end soon once they have no more to do.
  void StartShort() {
    settings_.http.idle_time = 1s;
    Start();
  }
  static std::string AskedByHttp2() {
    return Opening() + Frame(kHeaders, kEndHeaders | kEndStream, 1,
                             PostBlock("/git/shop.git/git-receive-pack"));
  }
  // The bytes of the answer's body, and whether it ended.
  static std::pair<std::string, bool> DataOf(RawClient& client) {
    std::pair<std::string, bool> out;
    for (const H2Frame& frame : FramesIn(client.Rest())) {
      if (frame.stream != 1) continue;
      EXPECT_TRUE(frame.type == kHeaders || frame.type == kData) << int{frame.type};
      if (frame.type == kData) out.first += frame.payload;
      out.second = (frame.flags & kEndStream) != 0;
    }
    return out;
  }
  static void ExpectHeadAlone(RawClient& client) {
    EXPECT_EQ(DataOf(client), std::pair(std::string(), true));
  }

  StreamHost host_;
  Settings settings_;
  int port_ = 0, listening_ = -1;
  std::unique_ptr<Server> server_;
};

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

// Whatever came behind its head would be taken for the next answer.
TEST_F(StreamCallTest, OpenedAnswerThatHasNoBody_IsItsHeadAlone) {
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

TEST_F(StreamCallTest, WholeAnswerThatHasNoBody_IsItsHeadAlone) {
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

TEST_F(StreamCallTest, OpenedAnswerOfHttp2ThatHasNoBody_IsItsHeadAlone) {
  StartShort();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(AskedByHttp2()));
  ASSERT_TRUE(host_.WaitLast());
  host_.Open("304");
  host_.Message("dropped");
  host_.End();
  ExpectHeadAlone(client);
}

TEST_F(StreamCallTest, WholeAnswerOfHttp2ThatHasNoBody_IsItsHeadAlone) {
  StartShort();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(AskedByHttp2()));
  ASSERT_TRUE(host_.WaitLast());
  host_.Message("dropped");
  host_.End(204);
  ExpectHeadAlone(client);
}

TEST_F(StreamCallTest, AnswerOfHttp2_HasItsBodyElse) {
  StartShort();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(AskedByHttp2()));
  ASSERT_TRUE(host_.WaitLast());
  host_.Open();
  host_.Message("kept");
  host_.End();
  EXPECT_EQ(DataOf(client), std::pair(std::string("kept"), true));
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
