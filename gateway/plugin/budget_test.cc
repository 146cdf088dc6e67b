// What all clients together make the server hold, and that it is no more than it may.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "rpc/gzip.h"
#include "testing/edge_test.h"
#include "testing/h2_frames.h"

namespace ns::gateway {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

const std::string kMethod = kService + "GetApplication";
constexpr auto kPatience = 10s;

// What came on one stream of a connection of HTTP/2.
struct Came {
  std::string data;
  bool reset = false;
};

// A client of HTTP/2 that knows no window but what it is told to send.
class H2Client {
 public:
  explicit H2Client(int port, const std::string& settings = "") : client_(port) {
    Send(kPreface + Frame(kSettings, 0, 0, settings));
  }
  void Send(const std::string& bytes) { EXPECT_TRUE(client_.Send(bytes)); }
  // Reads until it is so; false: the connection has ended, or nothing comes.
  bool Until(uint32_t stream, const std::function<bool(const Came&)>& so) {
    while (!so(On(stream))) {
      const std::string more = client_.Some();
      if (more.empty()) return false;
      bytes_ += more;
    }
    return true;
  }
  bool UntilReset(uint32_t stream) {
    return Until(stream, [](const Came& came) { return came.reset; });
  }
  bool UntilData(uint32_t stream, const std::string& data) {
    return Until(stream,
                 [&](const Came& came) { return came.data.find(data) != std::string::npos; });
  }

  Came On(uint32_t stream) const {
    Came came;
    for (const H2Frame& frame : FramesIn(bytes_)) {
      if (frame.stream != stream) continue;
      if (frame.type == kData) came.data += frame.payload;
      came.reset = came.reset || frame.type == kReset;
    }
    return came;
  }

 private:
  RawClient client_;
  std::string bytes_;
};

// Of answers nothing is to be sent without credit for their streams.
const std::string kNoWindow("\0\4\0\0\0\0", 6);

std::string JsonBlock() { return PostBlock(kMethod) + Literal("\x0f\x10", "application/json"); }

class BudgetTest : public EdgeTest {
 protected:
  BudgetTest() {
    host_.handler = [this](const Asked& asked) {
      neoshowcase::protobuf::ApplicationIdRequest request;
      request.ParseFromString(asked.message);
      neoshowcase::protobuf::Application app;
      if (request.id() == "large") app.set_name(std::string(large_, 'x'));
      if (request.id() == "page") app.set_name(std::string(40'000, 'x'));
      return Told{app.SerializeAsString(), {}, 0, ""};
    };
  }
  // A request for the application of that id, over HTTP/1.1 and as stream of HTTP/2.
  static std::string Ask(const std::string& id) { return Post(kMethod, "{\"id\":\"" + id + "\"}"); }
  static std::string Ask(uint32_t stream, const std::string& id) {
    return Frame(kHeaders, kEndHeaders, stream, JsonBlock()) +
           Frame(kData, kEndStream, stream, "{\"id\":\"" + id + "\"}");
  }

  // Asks again and again until the answer has that in it.
  bool Comes(const std::string& request, const std::string& words) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
      if (Once(request).find(words) != std::string::npos) return true;
    }
    return false;
  }

  size_t large_ = 1'040'000;  // three of them in three quarters of 4 MiB, and no page
};

// -- heads --

// One entry of the table of HPACK, named by one byte again and again.
TEST_F(BudgetTest, FieldsOfOneByteEach_AreCounted) {
  Start();
  H2Client client(port_);
  const std::string entry = std::string("\x40\x01", 2) + "a" + std::string(1, '\0');
  client.Send(Frame(kHeaders, kEndHeaders, 1, JsonBlock() + entry + std::string(300, '\xbe')));
  EXPECT_TRUE(client.UntilData(1, "200 fields"));
  client.Send(Frame(kHeaders, kEndHeaders, 3, JsonBlock() + std::string(100, '\xbe')) +
              Frame(kData, kEndStream, 3, "{}"));
  EXPECT_TRUE(client.UntilData(3, "{}"));
  EXPECT_EQ(host_.asked().size(), 1u);
}

TEST_F(BudgetTest, EmptyFields_CountForMoreThanTheirBytes) {
  settings_.http.header_bytes = 4096;
  Start();
  H2Client client(port_);
  const std::string entry = std::string("\x40\x01", 2) + "a" + std::string(1, '\0');
  client.Send(Frame(kHeaders, kEndHeaders, 1, JsonBlock() + entry + std::string(150, '\xbe')));
  EXPECT_TRUE(client.UntilData(1, "4096 bytes"));
}

TEST_F(BudgetTest, FieldsOfHttp1_AreCounted) {
  Start();
  const auto with = [](size_t fields) {
    std::string more;
    for (size_t i = 0; i < fields; ++i) more += "a:\r\n";
    return Post(kMethod, "{}", "application/json", more);
  };
  EXPECT_THAT(Once(with(300)),
              testing::AllOf(StartsWith("HTTP/1.1 431 "), HasSubstr("200 fields")));
  EXPECT_THAT(Once(with(100)), StartsWith("HTTP/1.1 200 "));
  RawClient endless(port_);
  const std::string whole = with(300);
  endless.Send(whole.substr(0, whole.find("Content-Length")));
  EXPECT_THAT(endless.Response(), StartsWith("HTTP/1.1 431 ")) << "before its end";
}

// Of requests whose bodies are long in coming.
TEST_F(BudgetTest, Heads_AreHeld) {
  settings_.http.held_bytes = 1 << 20;
  Start();
  const std::string large =
      Post(kMethod, "{}", "application/json", "X-Large: " + std::string(60'000, 'a') + "\r\n");
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 17; ++i) {
    slow.push_back(std::make_unique<RawClient>(port_));
    ASSERT_TRUE(slow.back()->Send(large.substr(0, large.size() - 2)));
  }
  EXPECT_TRUE(Comes(large, "resource_exhausted"));
  EXPECT_THAT(Once(Post(kMethod, "{}")), StartsWith("HTTP/1.1 200 ")) << "there is room for it";
  slow.clear();
  EXPECT_TRUE(Comes(large, "HTTP/1.1 200 "));
}

TEST_F(BudgetTest, HeadsOfHttp2_AreHeld) {
  settings_.http.held_bytes = 1 << 20;
  Start();
  H2Client client(port_);
  const std::string entry =
      std::string("\x40\x03", 2) + "x-a" + static_cast<char>(120) + std::string(120, 'a');
  client.Send(Frame(kHeaders, kEndHeaders, 1, JsonBlock() + entry));
  for (uint32_t i = 1; i < 60; ++i)
    client.Send(Frame(kHeaders, kEndHeaders, 2 * i + 1, JsonBlock() + std::string(150, '\xbe')));
  EXPECT_TRUE(client.UntilData(119, "resource_exhausted"));
  client.Send(Frame(kData, kEndStream, 3, "{}"));
  EXPECT_TRUE(client.UntilData(3, "{}")) << "what was let in is answered";
}

// Whatever it has not: each costs something.
TEST_F(BudgetTest, RequestsWithoutBytes_AreHeld) {
  settings_.http.held_bytes = 1 << 20;
  settings_.http.streams = 1000;
  host_.silent_method = kMethod.substr(1);
  Start();
  H2Client client(port_);
  for (uint32_t i = 0; i < 300; ++i)
    client.Send(Frame(kHeaders, kEndHeaders, 2 * i + 1, JsonBlock()) +
                Frame(kData, kEndStream, 2 * i + 1, "{}"));
  EXPECT_TRUE(client.UntilData(599, "resource_exhausted"));
  EXPECT_TRUE(host_.WaitAsked(256));
  EXPECT_EQ(host_.asked().size(), 256u);
}

// -- what requests become --

// A thousand times what came, of which the host has a copy until it answers.
TEST_F(BudgetTest, UnpackedMessage_IsHeld) {
  settings_.http.held_bytes = 4 << 20;
  host_.silent_method = kMethod.substr(1);
  Start();
  neoshowcase::protobuf::ApplicationIdRequest request;
  request.set_id(std::string(1'500'000, 'a'));
  const std::string packed = Post(kMethod, rpc::Gzip(request.SerializeAsString()),
                                  "application/proto", "Content-Encoding: gzip\r\n");
  ASSERT_LT(packed.size(), 10'000u);
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (size_t i = 1; i <= 2; ++i) {
    waiting.push_back(std::make_unique<RawClient>(port_));
    ASSERT_TRUE(waiting.back()->Send(packed));
    ASSERT_TRUE(host_.WaitAsked(i));
  }
  EXPECT_THAT(Once(packed),
              testing::AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("resource_exhausted")));
  for (const auto& client : waiting) client->Reset();
  ASSERT_TRUE(host_.WaitCancelled(2));
  RawClient next(port_);
  ASSERT_TRUE(next.Send(packed));
  EXPECT_TRUE(host_.WaitAsked(3));
}

// -- answers --

TEST_F(BudgetTest, AnswersThatNobodyReads_AreHeld) {
  settings_.http.held_bytes = 4 << 20;
  Start();
  H2Client client(port_, kNoWindow);
  for (const uint32_t stream : {1, 3, 5, 7}) client.Send(Ask(stream, "large"));
  client.Send(Credit(7, 1000));
  EXPECT_TRUE(client.UntilData(7, "resource_exhausted"));
  // Others have what is small, and what a socket takes at once.
  H2Client other(port_);
  other.Send(Ask(1, "small"));
  EXPECT_TRUE(other.UntilData(1, "{}"));
  other.Send(Ask(3, "page"));
  EXPECT_TRUE(other.UntilData(3, "xxx\"}"));
  other.Send(Ask(5, "large"));
  EXPECT_TRUE(other.UntilData(5, "resource_exhausted"));
  EXPECT_THAT(Once(Ask("page")), StartsWith("HTTP/1.1 200 "));
  // What has been read is held no more.
  client.Send(Credit(0, 10 << 20) + Credit(1, 2 << 20));
  EXPECT_TRUE(client.UntilData(1, "xxx\"}"));
  client.Send(Ask(9, "large") + Credit(9, 2 << 20));
  EXPECT_TRUE(client.UntilData(9, "xxx\"}"));
}

TEST_F(BudgetTest, AnswersOfHttp1ThatNobodyReads_AreHeld) {
  large_ = 20'000'000;  // more than sockets take
  settings_.http.held_bytes = 64 << 20;
  Start();
  std::vector<std::unique_ptr<RawClient>> unread;
  for (int i = 0; i < 2; ++i) {
    unread.push_back(std::make_unique<RawClient>(port_));
    ASSERT_TRUE(unread.back()->Send(Ask("large")));
  }
  EXPECT_TRUE(Comes(Ask("large"), "resource_exhausted"));
  EXPECT_THAT(Once(Ask("page")), StartsWith("HTTP/1.1 200 "));
  unread.clear();
  EXPECT_TRUE(Comes(Ask("large"), "HTTP/1.1 200 "));
}

TEST_F(BudgetTest, AnswerThatWouldNeverFit_IsSaidToBeTooLong) {
  settings_.http.held_bytes = 1 << 20;
  Start();
  EXPECT_THAT(Once(Ask("large")), HasSubstr("longer than 786432 bytes"));
}

TEST_F(BudgetTest, StreamThatNobodyReads_IsCutOffWhereMemoryEnds) {
  settings_.http.held_bytes = 1 << 20;
  host_.handler = [](const Asked&) {
    Told told;
    told.more.assign(32, std::string(100'000, '\0'));
    return told;
  };
  Start();
  H2Client client(port_, kNoWindow);
  const std::string block =
      PostBlock(kService + "GetBuildLogStream") + Literal("\x0f\x10", "application/connect+proto");
  client.Send(Frame(kHeaders, kEndHeaders, 1, block) +
              Frame(kData, kEndStream, 1, std::string(5, '\0')));
  EXPECT_TRUE(client.UntilReset(1));
  EXPECT_TRUE(host_.WaitCancelled(1));
}

TEST_F(BudgetTest, StreamOfHttp1ThatNobodyReads_IsCutOffWhereMemoryEnds) {
  settings_.http.held_bytes = 16 << 20;
  host_.handler = [](const Asked&) {
    Told told;
    told.more.assign(32, std::string(2'000'000, '\0'));
    return told;
  };
  Start();
  RawClient client(port_);
  client.Send(
      Post(kService + "GetBuildLogStream", std::string(5, '\0'), "application/connect+proto"));
  EXPECT_TRUE(host_.WaitCancelled(1));
  EXPECT_LT(client.Rest().size(), 32u * 2'000'000u);
}

// As long as others have what they need.
TEST_F(BudgetTest, WhoTakesLittleNowAndThen_MayUntilSomebodyIsRefused) {
  settings_.http.held_bytes = 4 << 20;
  settings_.http.write_time = 500ms;
  Start();
  H2Client client(port_, kNoWindow);
  client.Send(Ask(1, "large"));
  const auto take = [&](size_t upto) {
    client.Send(Credit(1, 10));
    return client.Until(1,
                        [&](const Came& came) { return came.reset || came.data.size() >= upto; });
  };
  for (size_t i = 1; i <= 20; ++i) {
    ASSERT_TRUE(take(i * 10));
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_FALSE(client.On(1).reset) << "four times as long as nobody who takes nothing may";
  for (uint32_t stream = 3; stream < 200 && !client.On(1).reset; stream += 2) {
    client.Send(Ask(stream, "large"));
    ASSERT_TRUE(take(client.On(1).data.size() + 10));
  }
  EXPECT_TRUE(client.On(1).reset);
}

// Reads an answer over HTTP/1.1, at most 64 KiB in each so many milliseconds.
size_t ReadSlowly(RawClient& client, std::chrono::milliseconds pause, size_t most) {
  size_t got = 0;
  while (got < most) {
    const size_t more = client.Some().size();
    if (more == 0) break;
    got += more;
    std::this_thread::sleep_for(pause);
  }
  return got;
}

TEST_F(BudgetTest, SlowReaderOfHttp1_HasTheWholeAnswer) {
  large_ = 30'000'000;  // more than sockets take
  settings_.http.write_time = 500ms;
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Ask("large")));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_GE(ReadSlowly(client, 4ms, large_), large_);
  EXPECT_GT(std::chrono::steady_clock::now() - begun, 3 * settings_.http.write_time);
}

TEST_F(BudgetTest, SlowReaderOfHttp1_GoesOnceSomebodyIsRefused) {
  large_ = 20'000'000;
  settings_.http.held_bytes = 64 << 20;
  settings_.http.write_time = 500ms;
  Start();
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Ask("large")));
  std::atomic<bool> over = false;
  size_t got = 0;
  const std::jthread slow([&] {
    got = ReadSlowly(client, 20ms, large_);
    over = true;
  });
  std::this_thread::sleep_for(1s);
  while (!over) {
    RawClient unread(port_);
    ASSERT_TRUE(unread.Send(Ask("large")));
    Once(Ask("large"));
  }
  EXPECT_LT(got, large_);
}

}  // namespace
}  // namespace ns::gateway
