// A port of this machine that leads to a Unix socket, for a program that knows TCP alone.
#pragma once

#include <string>
#include <thread>

namespace ns::cli {

// Serves until it goes. Whoever connects must show the key in a header of their first request, or
// is sent away: on the socket they would be the user who runs this.
class Relay {
 public:
  // Throws Failure when no port can be opened.
  explicit Relay(std::string socket);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // The whole line, "X-Neoshowcase-Relay: ...".
  const std::string& header() const { return header_; }

 private:
  void Run(const std::stop_token& stop);

  const std::string socket_;
  std::string header_;
  int listener_ = -1, wake_ = -1, port_ = 0;
  std::jthread thread_;
};

}  // namespace ns::cli
