// A handler or a service that throws, which is a defect: its connection ends, whatever the version
// and the moment, and whoever runs the thread is told why.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <stdexcept>
#include <string>

#include "http/connection.h"
#include "testing/h2_frames.h"

namespace ns::gateway::http {
namespace {

using namespace std::chrono_literals;

enum class Where { kBegin, kMostBody, kRequest, kPiece, kDrained };

struct Defect : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void ThrowIf(bool so) {
  if (so) throw Defect("a defect");
}

class Faulty final : public Handler {
 public:
  Faulty(Where where, Answering& answering) : where_(where), answering_(answering) {}
  uint64_t most_body() const override {
    ThrowIf(where_ == Where::kMostBody);
    return 1000;
  }
  void OnRequest(std::string) override {
    ThrowIf(where_ == Where::kRequest);
    answering_.Open({200, {}});
    answering_.Write("begun");
  }
  bool streams() const override { return where_ == Where::kPiece; }
  void OnPiece(std::string, bool) override { ThrowIf(true); }
  void OnTooLong() override {}
  void OnNoMemory() override {}
  void OnDrained() override { ThrowIf(where_ == Where::kDrained); }
  void OnGone() override {}

 private:
  const Where where_;
  Answering& answering_;
};

class FaultyService final : public Service {
 public:
  explicit FaultyService(Where where) : where_(where) {}
  std::shared_ptr<Handler> Begin(Head, const sdk::Peer&, Answering& answering) override {
    ThrowIf(where_ == Where::kBegin);
    return std::make_shared<Faulty>(where_, answering);
  }
  std::pair<ResponseHead, std::string> Unreadable(int status, std::string why) override {
    return {{status, {}}, std::move(why)};
  }

 private:
  const Where where_;
};

class DefectTest : public testing::TestWithParam<Where> {
 protected:
  DefectTest() {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()), 0);
    client_ = pair[0];
    connection_ = Serve(serving_, pair[1], [this](Connection*) { ++closed_; });
  }
  ~DefectTest() override { ::close(client_); }

  void Send(const std::string& bytes) {
    ASSERT_EQ(::send(client_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  // Runs the connection until it is closed, as a worker does; false: it never is.
  bool Closes() {
    const auto end = std::chrono::steady_clock::now() + 2s;
    while (closed_ == 0 && std::chrono::steady_clock::now() < end) {
      try {
        io_.restart();
        io_.run_for(10ms);
      } catch (const Defect&) {
        ++defects_;
      }
    }
    return closed_ > 0;
  }
  void ExpectEnd() {
    EXPECT_TRUE(Closes());
    EXPECT_EQ(closed_, 1);
    EXPECT_EQ(defects_, 1);
    std::array<char, 4096> bytes;
    ssize_t got = 0;
    while ((got = ::recv(client_, bytes.data(), bytes.size(), 0)) > 0) {
    }
    EXPECT_EQ(got, 0) << "the end";
  }

  boost::asio::io_context io_{1};
  const Limits limits_;
  Budget budget_{1 << 20};
  FaultyService service_{GetParam()};
  Serving serving_{io_, limits_, budget_, service_};
  std::shared_ptr<Connection> connection_;
  int client_ = -1, closed_ = 0, defects_ = 0;
};

TEST_P(DefectTest, OfHttp1_EndsTheConnection) {
  Send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
  ExpectEnd();
}

TEST_P(DefectTest, OfHttp1ThatComesInPieces_EndsTheConnection) {
  Send("POST /x HTTP/1.1\r\nHost: x\r\n");
  io_.run_for(20ms);
  Send("Content-Length: 2\r\n\r\n{}");
  ExpectEnd();
}

TEST_P(DefectTest, OfHttp2_EndsTheConnection) {
  Send(Opening() + Frame(kHeaders, kEndHeaders, 1, PostBlock("/x")) +
       Frame(kData, kEndStream, 1, "{}"));
  ExpectEnd();
}

TEST_P(DefectTest, OfHttp2ThatComesInPieces_EndsTheConnection) {
  Send(Opening());
  io_.run_for(20ms);
  Send(Frame(kHeaders, kEndHeaders, 1, PostBlock("/x")) + Frame(kData, kEndStream, 1, "{}"));
  ExpectEnd();
}

INSTANTIATE_TEST_SUITE_P(All, DefectTest,
                         testing::Values(Where::kBegin, Where::kMostBody, Where::kRequest,
                                         Where::kPiece, Where::kDrained));

}  // namespace
}  // namespace ns::gateway::http
