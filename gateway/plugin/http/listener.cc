#include "http/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <limits>

namespace ns::gateway::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kQueue = 4096;                      // the most that may wait, as Linux has it
constexpr std::chrono::milliseconds kPause{100};  // after a failure such as "too many open files"

void Set(int fd, int level, int option, int64_t value) {
  const int number =
      static_cast<int>(std::clamp<int64_t>(value, 1, std::numeric_limits<int>::max()));
  ::setsockopt(fd, level, option, &number, sizeof(number));
}

// Of TCP; a Unix socket refuses it, and has no need of it. A peer that vanishes, as a machine that
// loses its power, never says so: it is asked whether it is there while nothing is sent, and what
// is sent must be acknowledged. What the last option says counts for the questions too.
void NoticeVanished(int fd, const Limits& limits) {
  constexpr int kQuestions = 3;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits.silent_time).count();
  Set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  Set(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds / 2);
  Set(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds / 2 / kQuestions);
  Set(fd, IPPROTO_TCP, TCP_KEEPCNT, kQuestions);
  Set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, std::max(limits.silent_time, limits.write_time).count());
}

class SocketAcceptor : public Acceptor, public std::enable_shared_from_this<SocketAcceptor> {
 public:
  SocketAcceptor(asio::io_context& io, int fd, uint32_t most, const Limits& limits,
                 std::function<void(int)> take)
      : socket_(io), timer_(io), most_(most), limits_(limits), take_(std::move(take)) {
    const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    error_code error(own < 0 ? errno : 0, boost::system::system_category());
    if (!error) socket_.assign(own, error);
    if (!error) return;
    if (own >= 0) ::close(own);
    throw boost::system::system_error(error);
  }

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
    Set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    NoticeVanished(fd, limits_);
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
  const Limits& limits_;
  std::function<void(int)> take_;
  uint32_t open_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::shared_ptr<Acceptor> Accept(asio::io_context& io, int fd, uint32_t most, const Limits& limits,
                                 std::function<void(int)> take) {
  auto acceptor = std::make_shared<SocketAcceptor>(io, fd, most, limits, std::move(take));
  acceptor->Await();
  return acceptor;
}

}  // namespace ns::gateway::http
