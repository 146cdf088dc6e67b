// Clients of HTTP/2 that mean no good: each is cut off or answered, holds little, and others are
// served.
#include <gmock/gmock.h>

#include <chrono>
#include <fstream>

#include "testing/edge_test.h"
#include "testing/h2_frames.h"

namespace ns::gateway {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

// POST of that path, as gRPC.
std::string RequestBlock(const std::string& path) {
  return PostBlock(path) + Literal("\x0f\x10", "application/grpc");
}

size_t ResidentKiB() {
  std::ifstream file("/proc/self/status");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  }
  return 0;
}

class HostileTest : public EdgeTest {
 protected:
  HostileTest() {
    host_.handler = [](const Asked&) {
      return Told{neoshowcase::protobuf::Application().SerializeAsString(), {}, 0, ""};
    };
    settings_.http.header_bytes = 4096;
    settings_.http.header_time = settings_.http.body_time = settings_.http.idle_time = 500ms;
    settings_.http.write_time = 1s;
    Start();
  }
  void TearDown() override {
    EXPECT_THAT(Once(Post(kService + "GetApplication", "{}")), StartsWith("HTTP/1.1 200 OK"))
        << "others are served";
    EXPECT_LT(ResidentKiB(), before_ + (64u << 10)) << "and little is held";
  }

  // Sends `piece` again and again until the server has closed; false: it never does.
  bool IsCutOff(RawClient& client, const std::function<std::string(uint32_t)>& piece,
                uint32_t most = 200'000) {
    for (uint32_t i = 0; i < most; ++i) {
      if (!client.Send(piece(i))) return true;
    }
    return false;
  }

  const std::string path_of_call_ = kService + "GetApplication";
  const size_t before_ = ResidentKiB();
};

TEST_F(HostileTest, StreamsBrokenOffWithoutEnd_AreCutOff) {
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Opening()));
  const std::string block = RequestBlock(path_of_call_);
  EXPECT_TRUE(IsCutOff(client, [&](uint32_t i) {
    return Frame(kHeaders, kEndHeaders | kEndStream, 2 * i + 1, block) +
           Frame(kReset, 0, 2 * i + 1, std::string("\0\0\0\x08", 4));
  }));
  EXPECT_LT(host_.asked().size(), 20'000u) << "of 200,000";
}

TEST_F(HostileTest, HeadersWithoutEnd_AreCutOff) {
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Opening() + Frame(kHeaders, 0, 1, RequestBlock(path_of_call_))));
  const std::string more = Literal(std::string("\0\x03", 2) + "x-a", std::string(100, 'a'));
  EXPECT_TRUE(IsCutOff(client, [&](uint32_t) { return Frame(kContinuation, 0, 1, more); }));
  EXPECT_TRUE(host_.asked().empty());
}

TEST_F(HostileTest, EmptyContinuations_AreCutOff) {
  RawClient client(port_);
  ASSERT_TRUE(client.Send(Opening() + Frame(kHeaders, 0, 1, RequestBlock(path_of_call_))));
  EXPECT_TRUE(IsCutOff(client, [&](uint32_t) { return Frame(kContinuation, 0, 1, ""); }));
}

// Each asks for an answer that is never read.
TEST_F(HostileTest, SettingsAndPingsWithoutEnd_AreCutOff) {
  for (const std::string& frame :
       {Frame(kSettings, 0, 0, ""), Frame(kPing, 0, 0, std::string(8, 'p'))}) {
    RawClient client(port_);
    ASSERT_TRUE(client.Send(Opening()));
    std::string many;
    for (int i = 0; i < 1000; ++i) many += frame;
    EXPECT_TRUE(IsCutOff(client, [&](uint32_t) { return many; }));
  }
}

// One entry of the dynamic table, named again and again: 60 KB of headers in each 4 KB.
TEST_F(HostileTest, HeadersThatUnpackToMuch_AreRefused) {
  RawClient client(port_);
  const std::string entry =
      std::string("\x40\x03", 2) + "x-a" + static_cast<char>(120) + std::string(120, 'a');
  std::string block = RequestBlock(path_of_call_) + entry;
  for (int i = 0; i < 4000; ++i) block += '\xbe';  // index 62, the newest
  ASSERT_TRUE(client.Send(Opening() + Frame(kHeaders, kEndHeaders | kEndStream, 1, block)));
  client.HalfClose();
  client.Rest();
  EXPECT_TRUE(host_.asked().empty());
}

TEST_F(HostileTest, BodyWithoutEnd_IsCutOffByTimeAndBySize) {
  RawClient slow(port_);
  ASSERT_TRUE(slow.Send(Opening() + Frame(kHeaders, kEndHeaders, 1, RequestBlock(path_of_call_))));
  RawClient greedy(port_);
  ASSERT_TRUE(
      greedy.Send(Opening() + Frame(kHeaders, kEndHeaders, 1, RequestBlock(path_of_call_))));
  const std::string piece(16'000, 'x');
  EXPECT_TRUE(IsCutOff(greedy, [&](uint32_t) { return Frame(kData, 0, 1, piece); }));
  // An answer or an end, and then the connection is idle and closed.
  EXPECT_FALSE(slow.Rest().empty());
  EXPECT_TRUE(host_.asked().empty());
}

TEST_F(HostileTest, FramesThatAreNone_EndTheConnection) {
  for (const std::string& bytes :
       {Opening() + std::string(1000, '\xff'), Opening() + Frame(kData, 0, 1, "x"),
        Opening() + Frame(kHeaders, kEndHeaders, 2, RequestBlock(path_of_call_)),
        Opening() + Frame(kHeaders, kEndHeaders, 1, "\xff\xff\xff\xff\xff"),
        Opening() + Frame(kContinuation, kEndHeaders, 1, ""), kPreface + "GET / HTTP/1.1\r\n\r\n",
        Opening() + Frame(kSettings, 0, 0, "x"), Opening() + Frame(0x77, 0xff, 1, "?")}) {
    RawClient client(port_);
    client.Send(bytes);
    client.HalfClose();
    client.Rest();  // ends
  }
  EXPECT_TRUE(host_.asked().empty());
}

TEST_F(HostileTest, SilentConnection_IsClosed) {
  RawClient nothing(port_), preface(port_), half(port_);
  preface.Send(Opening());
  half.Send(kPreface.substr(0, 10));
  EXPECT_EQ(nothing.Rest(), "");
  EXPECT_EQ(half.Rest(), "");
  preface.Rest();
}

}  // namespace
}  // namespace ns::gateway
