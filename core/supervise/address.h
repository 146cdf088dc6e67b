// Socket addresses as the configuration writes them.
#pragma once

#include <sys/socket.h>

#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "supervise/fd.h"

namespace ns::supervise {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

// "127.0.0.1:80", "[::1]:80": numeric address and port. kInvalid.
Result<SocketAddress> ParseAddress(const std::string& text);
// The socket at `path`. kInvalid: longer than the system allows.
Result<SocketAddress> UnixAddress(const std::string& path);
// "127.0.0.1:80" of where a socket is bound; "unix:/path" for a path.
std::string FormatAddress(const SocketAddress& address);

// A connected, non-blocking stream. kUnavailable, kDeadline. `deadline` is on
// SystemClock().Monotonic().
Result<Fd> Connect(const SocketAddress& address, Duration deadline);

}  // namespace ns::supervise
