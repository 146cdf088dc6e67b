#include "http/pipe.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <utility>

namespace ns::gateway::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;

ssize_t ReadOf(error_code error, size_t size) {
  if (!error) return static_cast<ssize_t>(size);
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated ? 0 : -1;
}

template <class Stream>
class PipeOf : public Pipe {
 public:
  template <class... Args>
  explicit PipeOf(Args&&... args) : stream_(std::forward<Args>(args)...) {}

  void Read(std::span<char> into, std::function<void(ssize_t)> done) override {
    stream_.async_read_some(
        asio::buffer(into.data(), into.size()),
        [done = std::move(done)](error_code error, size_t size) { done(ReadOf(error, size)); });
  }
  void Write(std::string_view bytes, std::function<void(bool)> done) override {
    asio::async_write(stream_, asio::buffer(bytes.data(), bytes.size()),
                      [done = std::move(done)](error_code error, size_t) { done(!error); });
  }
  // The system is asked once, and what it says is kept until somebody wants to know.
  void Watch(std::function<void()> gone) override {
    watch_->gone = std::move(gone);
    if (watch_->hung_up)
      return asio::post(stream_.get_executor(), [watch = watch_] { watch->Tell(); });
    if (std::exchange(watch_->asked, true)) return;
    socket().async_wait(asio::socket_base::wait_error, [watch = watch_](error_code error) {
      watch->hung_up = !error;
      if (!error) watch->Tell();
    });
  }
  void StopWatching() override { watch_->gone = nullptr; }
  void AwaitBytes(std::function<void()> come) override {
    socket().async_wait(asio::socket_base::wait_read,
                        [come = std::move(come)](error_code) { come(); });
  }
  void ShutdownSend() override {
    error_code ignored;
    socket().shutdown(asio::socket_base::shutdown_send, ignored);
  }
  void ResetOnClose() override {
    error_code ignored;
    socket().set_option(asio::socket_base::linger(true, 0), ignored);
  }
  void Close() override {
    StopWatching();
    error_code ignored;
    socket().close(ignored);
  }

 protected:
  typename Stream::lowest_layer_type& socket() { return stream_.lowest_layer(); }
  Stream stream_;

 private:
  struct Watched {
    bool asked = false, hung_up = false;
    std::function<void()> gone;
    void Tell() {
      if (gone) std::exchange(gone, nullptr)();
    }
  };
  const std::shared_ptr<Watched> watch_ = std::make_shared<Watched>();
};

class PlainPipe final : public PipeOf<Socket> {
 public:
  using PipeOf::PipeOf;
  void Open(std::function<void(bool)> done) override { done(true); }
  std::string_view agreed() const override { return {}; }
};

class TlsPipe final : public PipeOf<asio::ssl::stream<Socket>> {
 public:
  using PipeOf::PipeOf;
  void Open(std::function<void(bool)> done) override {
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [done = std::move(done)](error_code error) { done(!error); });
  }
  std::string_view agreed() const override {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(const_cast<asio::ssl::stream<Socket>&>(stream_).native_handle(), &name,
                           &size);
    return {reinterpret_cast<const char*>(name), size};
  }
};

int FamilyOf(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) == 0 ? storage.ss_family
                                                                              : AF_UNSPEC;
}

}  // namespace

std::unique_ptr<Pipe> NewPipe(asio::io_context& io, int fd, asio::ssl::context* tls) {
  Socket socket(io);
  error_code error;
  socket.assign(asio::generic::stream_protocol(FamilyOf(fd), 0), fd, error);
  if (error) {
    ::close(fd);
    return nullptr;
  }
  if (tls != nullptr) return std::make_unique<TlsPipe>(std::move(socket), *tls);
  return std::make_unique<PlainPipe>(std::move(socket));
}

}  // namespace ns::gateway::http
