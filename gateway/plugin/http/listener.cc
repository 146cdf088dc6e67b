#include "http/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>

namespace ns::gateway::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kQueue = 4096;                      // the most that may wait, as Linux has it
constexpr std::chrono::milliseconds kPause{100};  // after a failure such as "too many open files"

class SocketAcceptor : public Acceptor, public std::enable_shared_from_this<SocketAcceptor> {
 public:
  SocketAcceptor(asio::io_context& io, int fd, uint32_t most, std::function<void(int)> take)
      : socket_(io, ::fcntl(fd, F_DUPFD_CLOEXEC, 0)),
        timer_(io),
        most_(most),
        take_(std::move(take)) {}

  void Release() override {
    if (open_-- == most_) Await();
  }
  // Whoever is in the queue of the socket believes to be connected, and may have sent a request.
  void Stop() override {
    if (stopped_) return;
    stopped_ = true;
    for (int tries = 0; tries < kQueue; ++tries) {
      const int fd = Next();
      if (fd >= 0)
        Taken(fd);
      else if (errno != EINTR && errno != ECONNABORTED)
        break;
    }
    error_code ignored;
    timer_.cancel();
    socket_.close(ignored);
  }
  // One wait is under way at any time, unless all connections are taken.
  void Await() {
    if (stopped_ || open_ >= most_) return;
    socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](error_code error) {
                         if (!error && !self->stopped_) self->Take();
                       });
  }

 private:
  void Take() {
    while (open_ < most_) {
      const int fd = Next();
      if (fd >= 0)
        Taken(fd);
      else if (errno == EAGAIN || errno == EWOULDBLOCK)
        return Await();
      else if (errno != EINTR && errno != ECONNABORTED)
        return Pause();
    }
  }
  int Next() {
    return ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  }
  void Taken(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
                 sizeof(on));  // refused by a Unix socket, which has no need of it
    ++open_;
    take_(fd);
  }
  void Pause() {
    timer_.expires_after(kPause);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->Await();
    });
  }

  asio::posix::stream_descriptor socket_;
  asio::steady_timer timer_;
  const uint32_t most_;
  std::function<void(int)> take_;
  uint32_t open_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::shared_ptr<Acceptor> Accept(asio::io_context& io, int fd, uint32_t most,
                                 std::function<void(int)> take) {
  auto acceptor = std::make_shared<SocketAcceptor>(io, fd, most, std::move(take));
  acceptor->Await();
  return acceptor;
}

}  // namespace ns::gateway::http
