#include "host/listeners.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace ns::host {
namespace {

constexpr char kUnix[] = "unix:";
constexpr int kBacklog = 512;
constexpr int kSocketType = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

Status Failed(const std::string& address) {
  std::string message = "cannot listen on " + address + ": " + std::strerror(errno);
  if (errno == EADDRINUSE)
    message += "; stop what holds it, or choose another address under `listen`";
  if (errno == EACCES) message += "; ports below 1024 need root";
  return Unavailable(std::move(message));
}

bool SomebodyAnswers(const sockaddr_un& name) {
  const int fd = socket(AF_UNIX, kSocketType, 0);
  const bool answers =
      fd >= 0 && (connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 ||
                  errno == EAGAIN);  // its queue is full
  if (fd >= 0) close(fd);
  return answers;
}

// Who connects is told by the peer's credentials, so that everybody may.
Result<int> OpenUnix(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path[0] != '/' || path.size() >= sizeof name.sun_path) {
    return Invalid("\"unix:" + path + "\" must name an absolute path of at most " +
                   std::to_string(sizeof name.sun_path - 1) + " bytes");
  }
  path.copy(name.sun_path, path.size());
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  if (SomebodyAnswers(name)) {
    errno = EADDRINUSE;
    return Failed(kUnix + path);
  }
  unlink(path.c_str());  // left by a process that was killed
  const int fd = socket(AF_UNIX, kSocketType, 0);
  if (fd >= 0 && bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 &&
      chmod(path.c_str(), 0666) == 0 && listen(fd, kBacklog) == 0) {
    return fd;
  }
  const Status failed = Failed(kUnix + path);
  if (fd >= 0) close(fd);
  return failed;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Result<int> OpenTcp(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos)
    return Invalid("\"" + address + "\" must be \"unix:/path\", \"host:port\" or \":port\"");
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (port.empty() || port.size() > 5 ||
      port.find_first_not_of("0123456789") != std::string::npos || std::stoi(port) > 65535) {
    return Invalid("the port of \"" + address + "\" must be a number from 0 to 65535, not \"" +
                   port + "\"");
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* raw = nullptr;
  if (const int error =
          getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &raw);
      error != 0) {
    return Invalid("\"" + address + "\" is no address to listen on (" + gai_strerror(error) +
                   "); write numbers: \"127.0.0.1:4000\"");
  }
  const std::unique_ptr<addrinfo, FreeAddresses> list(raw);
  const int fd = socket(list->ai_family, kSocketType, 0);
  const int on = 1;
  if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      bind(fd, list->ai_addr, list->ai_addrlen) == 0 && listen(fd, kBacklog) == 0) {
    return fd;
  }
  const Status failed = Failed(address);
  if (fd >= 0) close(fd);
  return failed;
}

}  // namespace

Result<Listener> Listener::Open(const std::string& address) {
  const bool local = address.rfind(kUnix, 0) == 0;
  NS_ASSIGN(const int fd, local ? OpenUnix(address.substr(sizeof kUnix - 1)) : OpenTcp(address));
  return Listener(fd, address);
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), address_(std::move(other.address_)) {}

Listener::~Listener() {
  if (fd_ < 0) return;
  close(fd_);
  if (address_.rfind(kUnix, 0) == 0) unlink(address_.c_str() + sizeof kUnix - 1);
}

}  // namespace ns::host
