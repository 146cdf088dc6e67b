#include "raw_client.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace ns::gateway {
namespace {

void Need(bool so, const char* what) {
  if (!so) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

sockaddr_un Path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

template <class Address>
int Listening(int family, const Address& address) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  Need(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
           ::listen(fd, 64) == 0,
       "listen");
  return fd;
}

template <class Address>
int Connected(int family, const Address& address) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Need(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0, "connect");
  const timeval limit{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  return fd;
}

}  // namespace

int ListenOnLoopback(int& port) {
  const int fd = Listening(AF_INET, Loopback(0));
  sockaddr_in bound{};
  socklen_t size = sizeof(bound);
  Need(::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) == 0, "getsockname");
  port = ntohs(bound.sin_port);
  return fd;
}

int ListenOnPath(const std::string& path) { return Listening(AF_UNIX, Path(path)); }

RawClient::RawClient(int port) : fd_(Connected(AF_INET, Loopback(port))) {}

RawClient::RawClient(const std::string& path) : fd_(Connected(AF_UNIX, Path(path))) {}

RawClient::~RawClient() {
  if (fd_ >= 0) ::close(fd_);
}

bool RawClient::Send(const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t now = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += static_cast<size_t>(now);
  }
  return true;
}

void RawClient::HalfClose() { ::shutdown(fd_, SHUT_WR); }

void RawClient::Close() { ::close(std::exchange(fd_, -1)); }

void RawClient::Reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  Close();
}

void RawClient::Vanish() {
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  Need(::setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0, "a filter");
}

bool RawClient::Read() {
  char bytes[65536];
  const ssize_t got = ::recv(fd_, bytes, sizeof(bytes), 0);
  was_reset_ = got < 0 && errno == ECONNRESET;
  if (got > 0) buffer_.append(bytes, static_cast<size_t>(got));
  return got > 0;
}

std::string RawClient::Response() {
  size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Read()) return std::exchange(buffer_, {});
  }
  const size_t length = buffer_.find("Content-Length: ");
  const size_t whole = end + 4 + (length < end ? std::stoul(buffer_.substr(length + 16)) : 0);
  while (buffer_.size() < whole) {
    if (!Read()) return std::exchange(buffer_, {});
  }
  std::string response = buffer_.substr(0, whole);
  buffer_.erase(0, whole);
  return response;
}

std::string RawClient::Some() {
  if (buffer_.empty()) Read();
  return std::exchange(buffer_, {});
}

std::string RawClient::Rest() {
  while (Read()) {
  }
  return std::exchange(buffer_, {});
}

}  // namespace ns::gateway
