// Servers on the loopback address for tests: answers are written out, requests are kept.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ns::http::testing {

// Takes one request a connection; an empty answer is none at all, and $PORT in one is its own port.
// Where it holds, each connection stays open until the other side or the server ends.
class LoopbackServer {
 public:
  explicit LoopbackServer(std::vector<std::string> answers, bool holds = false)
      : answers_(std::move(answers)), holds_(holds) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd_, 8);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~LoopbackServer() {
    ::shutdown(fd_, SHUT_RDWR);
    if (const int held = held_; held >= 0) ::shutdown(held, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  int port() const { return port_; }
  // All of each request so far.
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void Serve() {
    for (std::string answer : answers_) {
      if (const size_t at = answer.find("$PORT"); at != answer.npos)
        answer.replace(at, 5, std::to_string(port_));
      const int peer = ::accept(fd_, nullptr, nullptr);
      if (peer < 0) return;
      held_ = peer;
      const std::string request = Read(peer);
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      if (!answer.empty()) ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      char more = 0;
      while (holds_ && ::recv(peer, &more, 1, 0) > 0) {
      }
      held_ = -1;
      ::close(peer);
    }
  }

  static std::string Read(int peer) {
    std::string request;
    size_t whole = std::string::npos;
    bool chunked = false;
    char buffer[64 << 10];
    while (chunked ? !request.ends_with("\r\n0\r\n\r\n") : request.size() < whole) {
      const ssize_t got = ::recv(peer, buffer, sizeof(buffer), 0);
      if (got <= 0) break;
      request.append(buffer, static_cast<size_t>(got));
      const size_t end = request.find("\r\n\r\n"), length = request.find("Content-Length: ");
      if (end == std::string::npos || whole != std::string::npos) continue;
      if (request.find("Expect: 100") < end) {
        const std::string go = "HTTP/1.1 100 Continue\r\n\r\n";
        ::send(peer, go.data(), go.size(), MSG_NOSIGNAL);
      }
      chunked = request.find("Transfer-Encoding: chunked") < end;
      whole = end + 4 + (length < end ? std::stoul(request.substr(length + 16)) : 0);
    }
    return request;
  }

  std::vector<std::string> answers_;
  const bool holds_;
  std::atomic<int> held_ = -1;
  int fd_ = -1, port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

// An answer after which the connection ends. `headers`: lines, each with its end.
inline std::string Says(int status, const std::string& body = "", const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n" +
         headers + "\r\n" + body;
}

// Its queue is full: who connects hears nothing.
class BlackHole {
 public:
  BlackHole() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd_, 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    for (int& peer : peers_) {
      peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ::connect(peer, reinterpret_cast<sockaddr*>(&address), size);
    }
  }
  ~BlackHole() {
    for (const int peer : peers_) ::close(peer);
    ::close(fd_);
  }
  int port() const { return port_; }

 private:
  int fd_ = -1, port_ = 0;
  int peers_[4] = {};
};

}  // namespace ns::http::testing
