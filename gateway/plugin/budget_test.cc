// What all clients together make the server hold, and that it is no more than it may.
#include <gmock/gmock.h>

#include <chrono>
#include <functional>

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
  bool UntilData(uint32_t stream, const std::string& data) {
    return Until(stream,
                 [&](const Came& came) { return came.data.find(data) != std::string::npos; });
  }

 private:
  Came On(uint32_t stream) const {
    Came came;
    for (const H2Frame& frame : FramesIn(bytes_)) {
      if (frame.stream != stream) continue;
      if (frame.type == kData) came.data += frame.payload;
      came.reset = came.reset || frame.type == kReset;
    }
    return came;
  }

  RawClient client_;
  std::string bytes_;
};

std::string JsonBlock() { return PostBlock(kMethod) + Literal("\x0f\x10", "application/json"); }

class BudgetTest : public EdgeTest {
 protected:
  BudgetTest() {
    host_.handler = [](const Asked&) {
      return Told{neoshowcase::protobuf::Application().SerializeAsString(), {}, 0, ""};
    };
  }

  // Asks again and again until the answer has that in it.
  bool Comes(const std::string& request, const std::string& words) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
      if (Once(request).find(words) != std::string::npos) return true;
    }
    return false;
  }
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

}  // namespace
}  // namespace ns::gateway
