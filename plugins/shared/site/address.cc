#include "site/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>

#include "ns/sdk/error.h"

namespace ns::site {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSocket = "unix:";
constexpr auto kPatience = 2s;

class Socket {
 public:
  explicit Socket(int family)
      : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // 0 or an error; asked again, how a connection that was begun has got on.
  int Connect(const sockaddr* address, socklen_t size) const {
    return ::connect(fd_, address, size) == 0 || errno == EISCONN ? 0 : errno;
  }

 private:
  const int fd_;
};

// A full queue: a Unix socket says so at once, TCP nothing at all.
bool IsOpen(int error) { return error == EAGAIN || error == EINPROGRESS || error == EALREADY; }

// 0, or why no connection was made.
int Connect(const sdk::Call& call, const std::string& listen, const sockaddr* address,
            socklen_t size) {
  const Socket socket(address->sa_family);
  const auto until = call.timing().Monotonic() + kPatience;
  int error;
  while (IsOpen(error = socket.Connect(address, size))) {
    if (call.timing().Monotonic() >= until)
      throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_SITE_SERVER_UNAVAILABLE,
                       "Whoever listens at " + listen + " takes no connections.",
                       sdk::Fault::kPlatform);
    call.Wait(5ms);
  }
  return error;
}

int ConnectTo(const sdk::Call& call, const std::string& listen) {
  if (listen.starts_with(kSocket)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    listen.copy(address.sun_path, sizeof(address.sun_path) - 1, kSocket.size());
    return Connect(call, listen, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }
  const size_t colon = listen.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, listen.substr(0, colon).c_str(), &address.sin_addr);
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(listen.substr(colon + 1))));
  return Connect(call, listen, reinterpret_cast<sockaddr*>(&address), sizeof(address));
}

}  // namespace

bool IsTaken(const sdk::Call& call, const std::string& listen) {
  return ConnectTo(call, listen) == 0;
}

void RemoveStale(const sdk::Call& call, const std::string& listen) {
  if (listen.starts_with(kSocket) && ConnectTo(call, listen) == ECONNREFUSED)
    ::unlink(listen.c_str() + kSocket.size());
}

}  // namespace ns::site
