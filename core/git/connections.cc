#include "git/connections.h"

#include <fcntl.h>
#include <git2.h>
#include <git2/sys/stream.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/clock.h"

namespace ns::git {
namespace {

using supervise::Fd;
using supervise::SocketAddress;

constexpr Duration kConnectTime = std::chrono::seconds(15);

Status Unreachable(const std::string& message) {
  return Status(Code::kUnavailable, "RemoteUnreachable", message).SetFault(Fault::kPlatform);
}

Result<std::vector<SocketAddress>> Lookup(const std::string& host, const std::string& port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0)
    return Unreachable("cannot resolve " + host + ": " + ::gai_strerror(error) +
                       "; check the name and the DNS of this machine");
  std::vector<SocketAddress> addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    address.size = one->ai_addrlen;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
  }
  ::freeaddrinfo(found);
  return addresses;
}

void MakeBlocking(int fd) {
  const int on = 1;
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

// libgit2 gives its stream callbacks nothing of ours to hold on to.
Connections* current = nullptr;

struct CheckedStream : git_stream {
  std::string host, port;
  Fd fd;
};

CheckedStream* Of(git_stream* stream) { return static_cast<CheckedStream*>(stream); }

int ConnectStream(git_stream* stream) {
  auto fd = current->Open(Of(stream)->host, Of(stream)->port);
  if (fd.ok()) {
    Of(stream)->fd = std::move(*fd);
    return 0;
  }
  git_error_set_str(GIT_ERROR_NET, fd.status().message().c_str());
  return -1;
}

ssize_t StreamFailed(const char* doing) {
  git_error_set_str(GIT_ERROR_NET, (std::string(doing) + ": " + ::strerrordesc_np(errno)).c_str());
  return -1;
}

ssize_t ReadStream(git_stream* stream, void* data, size_t size) {
  for (;;) {
    const ssize_t got = ::recv(Of(stream)->fd.get(), data, size, 0);
    if (got >= 0) return got;
    if (errno != EINTR) return StreamFailed("reading");
  }
}

ssize_t WriteStream(git_stream* stream, const char* data, size_t size, int) {
  for (;;) {
    const ssize_t sent = ::send(Of(stream)->fd.get(), data, size, MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno != EINTR) return StreamFailed("writing");
  }
}

int CloseStream(git_stream* stream) {
  Of(stream)->fd.Close();
  return 0;
}

void FreeStream(git_stream* stream) { delete Of(stream); }

int NewStream(git_stream** out, const char* host, const char* port) {
  auto stream = std::make_unique<CheckedStream>();
  stream->version = GIT_STREAM_VERSION;
  stream->connect = ConnectStream;
  stream->read = ReadStream;
  stream->write = WriteStream;
  stream->close = CloseStream;
  stream->free = FreeStream;
  stream->host = host;
  stream->port = port;
  *out = stream.release();
  return 0;
}

}  // namespace

Status Connections::Check(const std::string& host, const SocketAddress& address) const {
  if (rules_.Allows(host, address)) return {};
  return Status(Code::kDenied, "AddressRefused",
                host + " is at " + supervise::FormatAddress(address) +
                    ", which is no public address: an administrator may list it under "
                    "git.private_hosts")
      .SetFault(Fault::kOperator);
}

Result<std::vector<SocketAddress>> Connections::Resolve(const std::string& host,
                                                        const std::string& port) {
  NS_ASSIGN(const auto found, Lookup(host, port));
  Status refused;
  std::vector<SocketAddress> addresses;
  for (const SocketAddress& address : found) {
    const Status status = Check(host, address);
    if (status.ok()) addresses.push_back(address);
    if (refused.ok()) refused = status;
  }
  if (addresses.empty()) return refused;
  return addresses;
}

Result<Fd> Connections::Open(const std::string& host, const std::string& port) {
  const auto open = [&]() -> Result<Fd> {
    if (!pinned_.empty() && pinned_ != host + ":" + port) {
      return Status(Code::kDenied, "AddressRefused",
                    "the server redirects to " + host + ":" + port +
                        ", where the credentials for " + pinned_ +
                        " are not sent: give the URL it redirects to")
          .SetFault(Fault::kOperator);
    }
    NS_ASSIGN(const auto addresses, Resolve(host, port));
    Status failure;
    for (const SocketAddress& address : addresses) {
      auto fd = supervise::Connect(address, SystemClock().Monotonic() + kConnectTime);
      if (fd.ok()) {
        MakeBlocking(fd->get());
        return fd;
      }
      failure = Unreachable(fd.status().message());
    }
    return failure;
  };
  auto fd = open();
  problem_ = fd.ok() ? std::nullopt : std::optional(fd.status());
  return fd;
}

Status UseForHttp(Connections& connections) {
  current = &connections;
  git_stream_registration registration{};
  registration.version = GIT_STREAM_VERSION;
  registration.init = NewStream;
  if (git_stream_register(GIT_STREAM_STANDARD, &registration) != 0)
    return Internal("libgit2 does not take a stream of ours");
  return {};
}

}  // namespace ns::git
