#include "relay.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <list>
#include <vector>

#include "failure.h"

namespace ns::cli {
namespace {

constexpr size_t kMostHead = 64 << 10;
constexpr size_t kPiece = 64 << 10;

std::string RandomKey() {
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw Failure(Exit::kFailed, "The system gives no random bytes.");
  std::string text;
  for (const unsigned char byte : bytes) {
    std::array<char, 3> hex{};
    std::snprintf(hex.data(), hex.size(), "%02x", byte);
    text += hex.data();
  }
  return text;
}

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

int ConnectTo(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return -1;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(fd);
    return -1;
  }
  if (fd >= 0) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

// One way of a connection: bytes that came from `from` and shall go to `to`.
struct Way {
  std::string held;
  bool ended = false, told = false;

  bool wants() const { return !ended && held.size() < kPiece; }
  // False: the connection is broken.
  bool Read(int from) {
    std::array<char, kPiece> chunk;
    const ssize_t got = ::recv(from, chunk.data(), chunk.size(), 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    ended = got == 0;
    held.append(chunk.data(), static_cast<size_t>(got));
    return true;
  }
  bool Write(int to) {
    if (!held.empty()) {
      const ssize_t sent = ::send(to, held.data(), held.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      held.erase(0, static_cast<size_t>(sent));
    }
    if (ended && held.empty() && !std::exchange(told, true)) ::shutdown(to, SHUT_WR);
    return true;
  }
};

class Connection {
 public:
  explicit Connection(int client) : client_(client) {}
  ~Connection() {
    if (server_ >= 0) ::close(server_);
  }

  void AddTo(std::vector<pollfd>& fds) const {
    const bool open = server_ >= 0;
    fds.push_back({client_.get(), Events(up_.wants(), open && !down_.held.empty()), 0});
    fds.push_back({server_, Events(down_.wants(), !up_.held.empty()), 0});
  }
  // False: it is over.
  bool Turn(short of_client, short of_server, const std::string& socket,
            const std::string& header) {
    constexpr short kCame = POLLIN | POLLHUP | POLLERR;
    if ((of_client & kCame) != 0 && up_.wants() && !up_.Read(client_.get())) return false;
    if (server_ < 0 && !Admit(socket, header)) return false;
    if (server_ < 0) return true;
    if ((of_server & kCame) != 0 && down_.wants() && !down_.Read(server_)) return false;
    return up_.Write(server_) && down_.Write(client_.get()) && !(up_.told && down_.told) &&
           !down_.told;
  }

 private:
  static short Events(bool in, bool out) {
    return static_cast<short>((in ? POLLIN : 0) | (out ? POLLOUT : 0));
  }

  // Once the head of the first request is there. False: it is nobody we know.
  bool Admit(const std::string& socket, const std::string& header) {
    const size_t end = up_.held.find("\r\n\r\n");
    if (end == std::string::npos) return !up_.ended && up_.held.size() < kMostHead;
    if (up_.held.substr(0, end + 2).find("\r\n" + header + "\r\n") == std::string::npos)
      return false;
    server_ = ConnectTo(socket);
    return server_ >= 0;
  }

  const Fd client_;
  int server_ = -1;
  Way up_, down_;
};

}  // namespace

Relay::Relay(std::string socket)
    : socket_(std::move(socket)), header_("X-Neoshowcase-Relay: " + RandomKey()) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  if (listener_ < 0 || wake_ < 0 || ::bind(listener_, any, size) != 0 ||
      ::listen(listener_, 16) != 0 || ::getsockname(listener_, any, &size) != 0)
    throw Failure(Exit::kFailed,
                  std::string("No port of 127.0.0.1 can be opened: ") + std::strerror(errno) + ".");
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

Relay::~Relay() {
  thread_.request_stop();
  ::eventfd_write(wake_, 1);
  if (thread_.joinable()) thread_.join();
  ::close(listener_);
  ::close(wake_);
}

void Relay::Run(const std::stop_token& stop) {
  std::list<Connection> open;
  while (!stop.stop_requested()) {
    std::vector<pollfd> fds{{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    for (const Connection& one : open) one.AddTo(fds);
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    size_t at = 2;
    for (auto one = open.begin(); one != open.end(); at += 2) {
      const bool goes_on = one->Turn(fds[at].revents, fds[at + 1].revents, socket_, header_);
      one = goes_on ? std::next(one) : open.erase(one);
    }
    if (fds[0].revents == 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client >= 0) open.emplace_back(client);
  }
}

}  // namespace ns::cli
