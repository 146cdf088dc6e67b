// A server that is about to end: whoever has asked, or could not know, is answered.
#include <gmock/gmock.h>

#include <thread>

#include "testing/edge_test.h"

namespace ns::gateway {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class DrainTest : public EdgeTest {
 protected:
  DrainTest() {
    host_.handler = [](const Asked&) {
      return Told{neoshowcase::protobuf::Application().SerializeAsString(), {}, 0, ""};
    };
  }

  // Drains while `meanwhile` runs, which begins when no more is accepted.
  void DrainDuring(const std::function<void()>& meanwhile) {
    std::jthread draining([this] { server_->Drain(sdk::Call()); });
    while (server_->Serving()) std::this_thread::sleep_for(1ms);
    meanwhile();
  }

  const std::string request_ = Post(kService + "GetApplication", "{}");
  const testing::Matcher<std::string> last_answer_ =
      AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Connection: close\r\n"));
};

TEST_F(DrainTest, RequestOnAKeptConnection_IsAnsweredAsItsLast) {
  Start();
  RawClient kept(port_), fresh(port_), silent(port_);
  ASSERT_TRUE(kept.Send(request_));
  EXPECT_THAT(kept.Response(), StartsWith("HTTP/1.1 200 "));
  ASSERT_TRUE(fresh.Send(request_.substr(0, 10)));
  DrainDuring([&] {
    EXPECT_TRUE(kept.Send(request_));
    EXPECT_THAT(kept.Rest(), last_answer_);
    EXPECT_TRUE(fresh.Send(request_.substr(10)));
    EXPECT_THAT(fresh.Rest(), last_answer_);
    EXPECT_EQ(silent.Rest(), "");
  });
}

TEST_F(DrainTest, ConnectionInTheQueueOfTheSocket_IsAnswered) {
  settings_.threads = 1;
  settings_.http.connections = 1;
  Start();
  RawClient first(port_);
  ASSERT_TRUE(first.Send(request_));
  EXPECT_THAT(first.Response(), StartsWith("HTTP/1.1 200 "));
  RawClient waiting(port_);  // connected, and beyond the limit
  ASSERT_TRUE(waiting.Send(request_));
  DrainDuring([&] { EXPECT_THAT(waiting.Rest(), last_answer_); });
}

TEST_F(DrainTest, NothingOpen_TakesNoTime) {
  Start();
  const auto begin = std::chrono::steady_clock::now();
  server_->Drain(sdk::Call());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 400ms);
}

// HTTP/2 says so beforehand (RFC 9113, section 6.8): a stream that begins meanwhile is served.
TEST_F(DrainTest, Http2_IsToldBeforehandAndAnswered) {
  Start();
  RawClient client(port_);
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  ASSERT_TRUE(client.Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings));
  DrainDuring([&] {
    std::string block = "\x83\x86\x04";
    const std::string path = kService + "GetApplication";
    block += static_cast<char>(path.size()) + path + "\x01\x01x\x0f\x10\x10" + "application/json";
    block += std::string("\x0f\x0d\x01") + "2";
    const std::string head{'\0', '\0', static_cast<char>(block.size()), 1, 4, 0, 0, 0, 1};
    EXPECT_TRUE(client.Send(head + block + std::string("\0\0\2\0\1\0\0\0\1", 9) + "{}"));
    const std::string all = client.Rest();
    const std::string notice("\x7f\xff\xff\xff\0\0\0\0", 8), last("\0\0\0\1\0\0\0\0", 8);
    EXPECT_LT(all.find(notice), all.find(last)) << "first that it ends, then after which stream";
    EXPECT_NE(all.find(last), std::string::npos);
    EXPECT_EQ(host_.asked().size(), 1u);
  });
}

}  // namespace
}  // namespace ns::gateway
