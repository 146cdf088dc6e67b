#include "http/http.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <thread>

namespace ns::http {
namespace {

// Answers each connection with fixed bytes, one after the other, and keeps what it was sent.
class Server {
 public:
  explicit Server(std::vector<std::string> answers, bool hang = false)
      : answers_(std::move(answers)), hang_(hang) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd_, 8);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Server() {
    ::shutdown(fd_, SHUT_RDWR);
    if (held_ >= 0) ::shutdown(held_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  std::string Url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  std::string got;

 private:
  void Serve() {
    for (const std::string& answer : answers_) {
      const int peer = ::accept(fd_, nullptr, nullptr);
      if (peer < 0) return;
      held_ = peer;
      char buffer[4096];
      const ssize_t size = ::recv(peer, buffer, sizeof(buffer), 0);
      got.append(buffer, static_cast<size_t>(std::max<ssize_t>(size, 0)));
      while (got.find("chunked\r\n") != std::string::npos && !got.ends_with("\r\n0\r\n\r\n")) {
        const ssize_t more = ::recv(peer, buffer, sizeof(buffer), 0);
        if (more <= 0) break;
        got.append(buffer, static_cast<size_t>(more));
      }
      if (!answer.empty()) {  // else the client may be gone
        EXPECT_EQ(::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(answer.size()));
      }
      while (hang_ && ::recv(peer, buffer, sizeof(buffer), 0) > 0) {
      }
      held_ = -1;
      ::close(peer);
    }
  }
  std::vector<std::string> answers_;
  bool hang_;
  int fd_ = -1, port_ = 0;
  std::atomic<int> held_ = -1;
  std::thread thread_;
};

// A call that is cancelled by writing to a descriptor.
struct Cancel {
  int fd = ::eventfd(0, EFD_CLOEXEC);
  ns_call raw{};
  Cancel() {
    raw.struct_size = sizeof(raw);
    raw.cancel_fd = fd;
    raw.host_data = this;
    raw.cancelled = [](const ns_call* call) noexcept -> int32_t {
      pollfd ready{static_cast<Cancel*>(call->host_data)->fd, POLLIN, 0};
      return ::poll(&ready, 1, 0) == 1;
    };
  }
  ~Cancel() { ::close(fd); }
  void Now() { ::eventfd_write(fd, 1); }
};

ns_status CodeOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const sdk::Error& error) {
    return error.code();
  }
  return NS_OK;
}

const sdk::Call kCall;

TEST(HttpClient, Get_GivesStatusHeadersAndBody) {
  Server server({"HTTP/1.1 404 Not Found\r\nX-One: two \r\nContent-Length: 5\r\n\r\nhello"});
  Client client;
  const Response response =
      client.Do(kCall, {.url = server.Url("/a?b=c"), .headers = {{"X-Mine", "yes"}}});
  EXPECT_EQ(response.status, 404);
  EXPECT_FALSE(response.ok());
  EXPECT_EQ(response.headers.at("x-one"), "two");
  EXPECT_EQ(response.body, "hello");
  EXPECT_TRUE(server.got.starts_with("GET /a?b=c HTTP/1.1\r\n")) << server.got;
  EXPECT_NE(server.got.find("X-Mine: yes\r\n"), std::string::npos);
}

TEST(HttpClient, Post_SendsTheBody) {
  Server server({"HTTP/1.1 204 No Content\r\n\r\n"});
  Client client;
  EXPECT_EQ(client.Do(kCall, {.method = "POST", .url = server.Url("/"), .body = "{}"}).status, 204);
  EXPECT_TRUE(server.got.ends_with("\r\n\r\n{}")) << server.got;
  EXPECT_NE(server.got.find("Content-Length: 2\r\n"), std::string::npos);
}

TEST(HttpClient, Upload_SendsWhatIsGivenPieceByPiece) {
  Server server({"HTTP/1.1 204 No Content\r\n\r\n"});
  int pieces = 0;
  Request request{.method = "PUT", .url = server.Url("/x")};
  request.upload = [&pieces](char* to, size_t most) -> size_t {
    if (++pieces > 3) return 0;
    EXPECT_GE(most, 3u);
    return std::string("abc").copy(to, most);
  };
  EXPECT_TRUE(Client().Do(kCall, request).ok());
  EXPECT_EQ(pieces, 4);
  EXPECT_NE(server.got.find("\r\n3\r\nabc\r\n3\r\nabc\r\n"), std::string::npos) << server.got;
}

TEST(HttpClient, UploadThrows_IsThrownOn) {
  Server server({""});
  Request request{.method = "PUT", .url = server.Url("/x")};
  request.upload = [](char*, size_t) -> size_t { throw std::string("no disk"); };
  EXPECT_THROW(Client().Do(kCall, request), std::string);
}

TEST(HttpClient, NobodyListens_IsUnavailable) {
  Client client;
  EXPECT_EQ(CodeOf([&] { client.Do(kCall, {.url = "http://127.0.0.1:1/"}); }), NS_E_UNAVAILABLE);
  EXPECT_EQ(
      CodeOf([&] { client.Do(kCall, {.url = "http://docker/", .unix_socket = "/nowhere.sock"}); }),
      NS_E_UNAVAILABLE);
}

TEST(HttpClient, ServerHangs_EndsAtTheTimeout) {
  Server server({""}, true);
  Client client;
  const auto begin = sdk::Call::Clock::now();
  EXPECT_EQ(CodeOf([&] {
              client.Do(kCall, {.url = server.Url("/"), .timeout = std::chrono::milliseconds(100)});
            }),
            NS_E_DEADLINE);
  EXPECT_GE(sdk::Call::Clock::now() - begin, std::chrono::milliseconds(100));
}

TEST(HttpClient, Cancelled_EndsAtOnce) {
  Server server({""}, true);
  Client client;
  Cancel cancel;
  std::thread canceller([&] { cancel.Now(); });
  EXPECT_EQ(CodeOf([&] { client.Do(sdk::Call(&cancel.raw), {.url = server.Url("/")}); }),
            NS_E_CANCELLED);
  canceller.join();
}

TEST(HttpClient, LongAnswer_IsRefused) {
  Server server({"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789"});
  Client client;
  EXPECT_EQ(CodeOf([&] { client.Do(kCall, {.url = server.Url("/"), .max_body = 10}); }),
            NS_E_RANGE);
}

TEST(HttpClient, Stream_GivesPiecesUntilTheEnd) {
  Server server(
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"});
  Client client;
  std::string got;
  EXPECT_EQ(
      client.Stream(kCall, {.url = server.Url("/")}, [&](std::string_view piece) { got += piece; })
          .status,
      200);
  EXPECT_EQ(got, "onetwo");
}

TEST(HttpClient, StreamRefused_BodyIsInTheResponse) {
  Server server({"HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nbad"});
  Client client;
  const Response response =
      client.Stream(kCall, {.url = server.Url("/")}, [](std::string_view) { FAIL(); });
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "bad");
}

TEST(HttpClient, StreamTakerThrows_IsThrownOn) {
  Server server({"HTTP/1.1 200 OK\r\n\r\nx"}, true);
  Client client;
  EXPECT_EQ(CodeOf([&] {
              client.Stream(kCall, {.url = server.Url("/")},
                            [](std::string_view) { throw sdk::Stopped(NS_E_RANGE); });
            }),
            NS_E_RANGE);
}

TEST(HttpClient, StreamWatched_OtherDescriptorsAreHeard) {
  Server server({"HTTP/1.1 200 OK\r\n\r\n"}, true);
  Client client;
  Cancel cancel, other;
  other.Now();
  int heard = 0;
  const Watched watched{other.fd, [&] {
                          ++heard;
                          eventfd_t value = 0;
                          ::eventfd_read(other.fd, &value);
                          cancel.Now();
                        }};
  EXPECT_EQ(CodeOf([&] {
              client.Stream(sdk::Call(&cancel.raw), {.url = server.Url("/")},
                            [](std::string_view) {}, {watched});
            }),
            NS_E_CANCELLED);
  EXPECT_EQ(heard, 1);
}

TEST(HttpClient, StreamThatFallsSilent_EndsAtItsLimit) {
  Client client;
  std::string got;
  for (const char* answer : {"HTTP/1.1 200 OK\r\n\r\nhalf", "HTTP/1.1 200 OK\r\n\r\n",
                             "HTTP/1.1 500 X\r\nContent-Length: 9\r\n\r\nhalf"}) {
    Server server({answer}, true);
    const Request request{.url = server.Url("/"), .silence = std::chrono::milliseconds(100)};
    const auto begin = sdk::Call::Clock::now();
    EXPECT_EQ(CodeOf([&] {
                client.Stream(kCall, request, [&](std::string_view piece) { got += piece; });
              }),
              NS_E_DEADLINE);
    EXPECT_GE(sdk::Call::Clock::now() - begin, std::chrono::milliseconds(100));
  }
  EXPECT_EQ(got, "half");
}

// What is slow is who takes it.
TEST(HttpClient, StreamTakerIsSlow_IsNoSilence) {
  Server server({"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"});
  Client client;
  const Request request{.url = server.Url("/"), .silence = std::chrono::milliseconds(50)};
  const auto take = [](std::string_view) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  };
  EXPECT_EQ(client.Stream(kCall, request, take).status, 200);
}

TEST(HttpClient, StreamBegins_HeadComesBeforeItsFirstPieceAndCanEndIt) {
  Client client;
  std::string got;
  Server server({"HTTP/1.1 206 X\r\nX-One: two\r\nContent-Length: 3\r\n\r\none",
                 "HTTP/1.1 200 X\r\nContent-Length: 3\r\n\r\none"});
  Request request{.url = server.Url("/")};
  request.begin = [&](const Response& head) {
    got += std::to_string(head.status) + " ";
    if (head.status != 206) throw sdk::Stopped(NS_E_STALE);
    got += head.headers.at("x-one") + " ";
  };
  const auto take = [&](std::string_view piece) { got += piece; };
  EXPECT_EQ(client.Stream(kCall, request, take).status, 206);
  EXPECT_EQ(CodeOf([&] { client.Stream(kCall, request, take); }), NS_E_STALE);
  EXPECT_EQ(got, "206 two one200 ");
}

TEST(Escaped, SpecialCharacters_AreHex) {
  EXPECT_EQ(Escaped("a b/c:{\"}~"), "a%20b%2Fc%3A%7B%22%7D~");
}

}  // namespace
}  // namespace ns::http
