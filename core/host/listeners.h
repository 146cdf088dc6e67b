// Listening sockets of services, opened by the host so that a replaced plugin drops nothing.
#pragma once

#include <string>

#include "base/status.h"

namespace ns::host {

// A listening, non-blocking socket that is closed with its owner; the path of a Unix socket goes
// too.
class Listener {
 public:
  // `address`: "unix:/run/x.sock", "127.0.0.1:4000", "[::1]:4000" or ":4000" (every address).
  // kInvalid: not such a thing; kUnavailable: taken, or not allowed, with who might hold it.
  static Result<Listener> Open(const std::string& address);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  int fd() const { return fd_; }
  const std::string& address() const { return address_; }

 private:
  Listener(int fd, std::string address) : fd_(fd), address_(std::move(address)) {}

  int fd_;
  std::string address_;
};

}  // namespace ns::host
