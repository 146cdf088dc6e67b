#include "supervise/health.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "supervise/address.h"

namespace ns::supervise {
namespace {

using std::chrono::milliseconds;

// Listens on loopback and answers each connection with one text; empty: never.
class Answering {
 public:
  explicit Answering(std::string answer) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto any = ParseAddress("127.0.0.1:0");
    EXPECT_EQ(::bind(fd_.get(), any->get(), any->size), 0);
    EXPECT_EQ(::listen(fd_.get(), 8), 0);
    SocketAddress bound;
    bound.size = sizeof bound.storage;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);
    address = FormatAddress(bound);
    if (!answer.empty())
      thread_ = std::jthread([this, answer = std::move(answer)] { Serve(answer); });
  }
  ~Answering() { ::shutdown(fd_.get(), SHUT_RDWR); }
  std::string address;

 private:
  void Serve(const std::string& answer) {
    for (;;) {
      const Fd client(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char request[1024];
      if (!client) return;
      if (::recv(client.get(), request, sizeof request, 0) > 0)
        ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  Fd fd_;
  std::jthread thread_;
};

Status Ask(const std::string& address) {
  const auto check = HealthCheckOf(address, milliseconds(300));
  return check.ok() ? (*check)() : check.status();
}

TEST(Health, Empty_IsAlwaysWell) { EXPECT_TRUE(Ask("").ok()); }

TEST(Health, Malformed_IsInvalid) {
  for (const char* address :
       {"127.0.0.1:80", "tcp:localhost:80", "tcp:127.0.0.1", "tcp:127.0.0.1:99999", "tcp:::1:80",
        "https://127.0.0.1/", "http://localhost/", "http://127.0.0.1:80/a b", "unix:"}) {
    EXPECT_EQ(Ask(address).code(), Code::kInvalid) << address;
  }
}

TEST(Health, Tcp_IsWellWhereSomethingAccepts) {
  std::string closed;
  {
    const Answering silent("");
    EXPECT_TRUE(Ask("tcp:" + silent.address).ok());
    closed = silent.address;
  }
  const Status status = Ask("tcp:" + closed);
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_NE(status.message().find(closed), std::string::npos);
}

TEST(Health, Unix_IsWellWhereSomethingAccepts) {
  char name[] = "/tmp/ns-health-XXXXXX";
  const std::string folder = ::mkdtemp(name), path = folder + "/s";
  EXPECT_EQ(Ask("unix:" + path).code(), Code::kUnavailable);
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = UnixAddress(path);
  ASSERT_EQ(::bind(fd.get(), address->get(), address->size), 0);
  ASSERT_EQ(::listen(fd.get(), 1), 0);
  EXPECT_TRUE(Ask("unix:" + path).ok());
  std::filesystem::remove_all(folder);
}

TEST(Health, Http_IsWellOnlyWith2xx) {
  const Answering well("HTTP/1.1 204 No Content\r\n\r\n"),
      ill("HTTP/1.1 503 Service Unavailable\r\n\r\n"), odd("hello, who is there\r\n");
  EXPECT_TRUE(Ask("http://" + well.address + "/ping").ok());
  EXPECT_NE(Ask("http://" + ill.address).message().find("503"), std::string::npos);
  EXPECT_EQ(Ask("http://" + odd.address).code(), Code::kUnavailable);
}

TEST(Health, Http_ThatAcceptsAndSaysNothing_EndsInTime) {
  const Answering silent("");
  EXPECT_EQ(Ask("http://" + silent.address + "/").code(), Code::kDeadline);
}

TEST(Address, Format_IsWhatParseTakes) {
  for (const char* text : {"127.0.0.1:80", "[::1]:443", "0.0.0.0:0"})
    EXPECT_EQ(FormatAddress(*ParseAddress(text)), text);
  EXPECT_EQ(UnixAddress(std::string(200, 'a')).status().code(), Code::kInvalid);
}

}  // namespace
}  // namespace ns::supervise
