// What a client sends on one connection, HTTP/1.1 or HTTP/2, through a real socket to the real
// server. The first byte says in what pieces: each of so many bytes, 0: all at once. Whatever it
// is, the connection ends when the client does.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "http/connection.h"
#include "target.h"

namespace ns::gateway::http {
namespace {

using fuzz::Require;

constexpr uint64_t kMostBody = 2048;
constexpr int kRounds = 200'000;

// Answers with the body, in one piece or as a stream.
class Echo final : public Handler {
 public:
  Echo(bool stream, Answering& answering) : stream_(stream), answering_(answering) {}
  uint64_t most_body() const override { return kMostBody; }
  void OnRequest(std::string body) override {
    Require(body.size() <= kMostBody, "a body has no more than it may");
    if (!stream_) {
      const bool whole = answering_.Whole({200, {}}, std::move(body), {{"x-end", "1"}});
      return Require(whole, "there is memory for a short answer");
    }
    answering_.Open({200, {}});
    answering_.Write(std::move(body));
    answering_.End({{"x-end", "1"}});
  }
  void OnTooLong() override { answering_.Whole({413, {}}, "", {}); }
  void OnNoMemory() override { answering_.Whole({503, {}}, "", {}); }
  void OnGone() override {}

 private:
  const bool stream_;
  Answering& answering_;
};

class EchoService final : public Service {
 public:
  std::shared_ptr<Handler> Begin(Head head, const sdk::Peer&, Answering& answering) override {
    Require(!head.method.empty(), "a request has a method");
    if (head.target == "/no") {
      answering.Whole({404, {}}, "no", {});
      return nullptr;
    }
    return std::make_shared<Echo>(head.target == "/stream", answering);
  }
  std::pair<ResponseHead, std::string> Unreadable(int status, std::string why) override {
    return {{status, {}}, std::move(why)};
  }
};

class Exchange {
 public:
  explicit Exchange(std::string_view bytes)
      : piece_(bytes.empty() ? 0 : static_cast<uint8_t>(bytes.front())),
        rest_(bytes.substr(bytes.empty() ? 0 : 1)) {
    std::array<int, 2> pair{};
    Require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) == 0,
            "there are sockets");
    client_ = pair[0];
    connection_ = Serve(serving_, pair[1], [this](Connection*) { closed_ = true; });
    Require(connection_ != nullptr, "the connection is served");
  }
  ~Exchange() { ::close(client_); }

  void Run() {
    for (int round = 0; round < kRounds && !closed_; ++round) {
      Send();
      io_.restart();
      io_.poll();
      Receive();
    }
    Require(closed_, "the connection has ended");
    connection_.reset();
    io_.restart();
    io_.poll();
  }

 private:
  void Send() {
    const size_t size = piece_ == 0 ? rest_.size() : std::min<size_t>(piece_, rest_.size());
    if (size == 0) {
      if (!std::exchange(ended_, true)) ::shutdown(client_, SHUT_WR);
      return;
    }
    const ssize_t sent = ::send(client_, rest_.data(), size, MSG_NOSIGNAL);
    if (sent > 0) rest_.remove_prefix(static_cast<size_t>(sent));
    if (sent < 0 && errno != EAGAIN) rest_ = {};
  }
  void Receive() {
    std::array<char, 65536> bytes;
    while (::recv(client_, bytes.data(), bytes.size(), 0) > 0) {
    }
  }

  const uint8_t piece_;
  std::string_view rest_;
  boost::asio::io_context io_{1};
  const Limits limits_{.header_bytes = 4096, .streams = 16};
  Budget budget_{64 * 1024};
  EchoService service_;
  Serving serving_{io_, limits_, budget_, service_};
  std::shared_ptr<Connection> connection_;
  int client_ = -1;
  bool closed_ = false, ended_ = false;
};

}  // namespace
}  // namespace ns::gateway::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ns::gateway::http::Exchange(ns::fuzz::Bytes(data, size)).Run();
  return 0;
}
