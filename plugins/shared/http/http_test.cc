#include "http/http.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <thread>

#include "http/testing/loopback_server.h"

namespace ns::http {
namespace {

using Server = testing::LoopbackServer;

std::string Url(const Server& server, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(server.port()) + path;
}

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
      client.Do(kCall, {.url = Url(server, "/a?b=c"), .headers = {{"X-Mine", "yes"}}});
  EXPECT_EQ(response.status, 404);
  EXPECT_FALSE(response.ok());
  EXPECT_EQ(response.headers.at("x-one"), "two");
  EXPECT_EQ(response.body, "hello");
  EXPECT_TRUE(server.requests().at(0).starts_with("GET /a?b=c HTTP/1.1\r\n"))
      << server.requests().at(0);
  EXPECT_NE(server.requests().at(0).find("X-Mine: yes\r\n"), std::string::npos);
}

TEST(HttpClient, Post_SendsTheBody) {
  Server server({"HTTP/1.1 204 No Content\r\n\r\n"});
  Client client;
  EXPECT_EQ(client.Do(kCall, {.method = "POST", .url = Url(server, "/"), .body = "{}"}).status,
            204);
  EXPECT_TRUE(server.requests().at(0).ends_with("\r\n\r\n{}")) << server.requests().at(0);
  EXPECT_NE(server.requests().at(0).find("Content-Length: 2\r\n"), std::string::npos);
}

TEST(HttpClient, Upload_SendsWhatIsGivenPieceByPiece) {
  Server server({"HTTP/1.1 204 No Content\r\n\r\n"});
  int pieces = 0;
  Request request{.method = "PUT", .url = Url(server, "/x")};
  request.upload = [&pieces](char* to, size_t most) -> size_t {
    if (++pieces > 3) return 0;
    EXPECT_GE(most, 3u);
    return std::string("abc").copy(to, most);
  };
  EXPECT_TRUE(Client().Do(kCall, request).ok());
  EXPECT_EQ(pieces, 4);
  const std::string sent = server.requests().at(0);
  EXPECT_NE(sent.find("\r\n3\r\nabc\r\n3\r\nabc\r\n"), std::string::npos) << sent;
}

TEST(HttpClient, UploadThrows_IsThrownOn) {
  Server server({""});
  Request request{.method = "PUT", .url = Url(server, "/x")};
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
              client.Do(kCall,
                        {.url = Url(server, "/"), .timeout = std::chrono::milliseconds(100)});
            }),
            NS_E_DEADLINE);
  EXPECT_GE(sdk::Call::Clock::now() - begin, std::chrono::milliseconds(100));
}

TEST(HttpClient, Cancelled_EndsAtOnce) {
  Server server({""}, true);
  Client client;
  Cancel cancel;
  std::thread canceller([&] { cancel.Now(); });
  EXPECT_EQ(CodeOf([&] { client.Do(sdk::Call(&cancel.raw), {.url = Url(server, "/")}); }),
            NS_E_CANCELLED);
  canceller.join();
}

TEST(HttpClient, LongAnswer_IsRefused) {
  Server server({"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789"});
  Client client;
  EXPECT_EQ(CodeOf([&] { client.Do(kCall, {.url = Url(server, "/"), .max_body = 10}); }),
            NS_E_RANGE);
}

TEST(HttpClient, Stream_GivesPiecesUntilTheEnd) {
  Server server(
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"});
  Client client;
  std::string got;
  EXPECT_EQ(
      client.Stream(kCall, {.url = Url(server, "/")}, [&](std::string_view piece) { got += piece; })
          .status,
      200);
  EXPECT_EQ(got, "onetwo");
}

TEST(HttpClient, StreamRefused_BodyIsInTheResponse) {
  Server server({"HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nbad"});
  Client client;
  const Response response =
      client.Stream(kCall, {.url = Url(server, "/")}, [](std::string_view) { FAIL(); });
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, "bad");
}

TEST(HttpClient, StreamTakerThrows_IsThrownOn) {
  Server server({"HTTP/1.1 200 OK\r\n\r\nx"}, true);
  Client client;
  EXPECT_EQ(CodeOf([&] {
              client.Stream(kCall, {.url = Url(server, "/")},
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
              client.Stream(sdk::Call(&cancel.raw), {.url = Url(server, "/")},
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
    const Request request{.url = Url(server, "/"), .silence = std::chrono::milliseconds(100)};
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
  const Request request{.url = Url(server, "/"), .silence = std::chrono::milliseconds(50)};
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
  Request request{.url = Url(server, "/")};
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
