#include "supervise/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace ns::supervise {
namespace {

bool IsPort(const std::string& text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() && port >= 0 &&
         port <= 65535;
}

Status NotAnAddress(const std::string& text) {
  return Invalid("\"" + text +
                 "\" is not a numeric address with a port, such as 127.0.0.1:8080 or [::1]:8080");
}

Status CannotConnect(const SocketAddress& address, int error) {
  return Unavailable("nothing accepts on " + FormatAddress(address) + ": " +
                     ::strerrordesc_np(error));
}

// The error of a connection attempt that goes on; 0 when it is made, -1 when time is up.
int Finish(int fd, Duration deadline) {
  const Duration left = deadline - SystemClock().Monotonic();
  pollfd one{fd, POLLOUT, 0};
  const auto wait =
      std::max<int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(left).count());
  if (::poll(&one, 1, static_cast<int>(wait)) <= 0) return -1;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace

Result<SocketAddress> ParseAddress(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || !IsPort(text.substr(colon + 1))) return NotAnAddress(text);
  std::string host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string::npos) return NotAnAddress(text);
  addrinfo hints{}, *found = nullptr;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  if (host.empty() || ::getaddrinfo(host.c_str(), text.c_str() + colon + 1, &hints, &found) != 0)
    return NotAnAddress(text);
  SocketAddress address;
  address.size = found->ai_addrlen;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  return address;
}

Result<SocketAddress> UnixAddress(const std::string& path) {
  sockaddr_un name{};
  if (path.empty() || path.size() >= sizeof name.sun_path) {
    return Invalid("the path of a socket must have 1 to " +
                   std::to_string(sizeof name.sun_path - 1) + " bytes, not " +
                   std::to_string(path.size()) + ": " + path);
  }
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  SocketAddress address;
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  std::memcpy(&address.storage, &name, sizeof name);
  return address;
}

std::string FormatAddress(const SocketAddress& address) {
  if (address.family() == AF_UNIX)
    return std::string("unix:") + reinterpret_cast<const sockaddr_un*>(&address.storage)->sun_path;
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (::getnameinfo(address.get(), address.size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  if (address.family() == AF_INET6) return "[" + std::string(host) + "]:" + port;
  return std::string(host) + ":" + port;
}

Result<Fd> Connect(const SocketAddress& address, Duration deadline) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return CannotConnect(address, errno);
  if (::connect(fd.get(), address.get(), address.size) == 0) return fd;
  if (errno != EINPROGRESS) return CannotConnect(address, errno);
  const int error = Finish(fd.get(), deadline);
  if (error < 0)
    return Status(Code::kDeadline, "no answer from " + FormatAddress(address) + " in time");
  if (error > 0) return CannotConnect(address, error);
  return fd;
}

}  // namespace ns::supervise
