// Bytes both ways over a connected socket, encrypted or not.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
}  // namespace boost::asio

namespace ns::gateway::http {

// One read and one write at a time. Lives on the thread of the io_context. After Close what is
// under way ends as failed.
class Pipe {
 public:
  virtual ~Pipe() = default;
  // Before anything else: the handshake, where there is one.
  virtual void Open(std::function<void(bool ok)> done) = 0;
  // Some bytes: how many, 0 at the end, -1 after a failure.
  virtual void Read(std::span<char> into, std::function<void(ssize_t)> done) = 0;
  // All of `bytes`, which must stay until then.
  virtual void Write(std::string_view bytes, std::function<void(bool ok)> done) = 0;
  // Calls once the peer is gone for good (reset, or a Unix socket closed), which a half-closed one
  // is not; nobody reads meanwhile. Never after StopWatching.
  virtual void Watch(std::function<void()> gone) = 0;
  virtual void StopWatching() = 0;
  // Calls `come` once there may be something to Read, the end too, and keeps no buffer until then;
  // after Close as well. Nothing is read meanwhile, or what is read has it called.
  virtual void AwaitBytes(std::function<void()> come) = 0;
  // Nothing more will be written.
  virtual void ShutdownSend() = 0;
  // Close will be a reset, which no client takes for the end of an answer. A Unix socket has none.
  virtual void ResetOnClose() = 0;
  virtual void Close() = 0;
  // What the two have agreed to speak by ALPN; empty: nothing was said.
  virtual std::string_view agreed() const = 0;
};

// Owns `fd`. Null: the system refuses it. `tls`: null for none.
std::unique_ptr<Pipe> NewPipe(boost::asio::io_context& io, int fd, boost::asio::ssl::context* tls);

}  // namespace ns::gateway::http
