// Sites in a folder, and servers in this process that answer for them, for tests.
#pragma once

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "ssgen/file_text_for_test.h"
#include "ssgen/site_folders.h"
#include "supervise/address.h"

namespace ns::ssgen {

inline const SiteName kSite{AppId("a000000000000000000001"), ReleaseId("b000000000000000000001")};
inline const SiteName kOther{AppId("a000000000000000000002"), ReleaseId("b000000000000000000001")};

// The whole answer to a request, by its text.
using Answering = std::function<std::string(const std::string& request)>;

// Answers at an address, one at a time.
class Web {
 public:
  Web(const std::string& address, Answering answering) : answering_(std::move(answering)) {
    const auto where = supervise::ParseAddress(address);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    EXPECT_EQ(::bind(fd_, where->get(), where->size), 0) << address;
    ::listen(fd_, 64);
    supervise::SocketAddress bound = *where;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);
    at = supervise::FormatAddress(bound);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) Answer();
    });
  }
  ~Web() {
    thread_ = {};
    ::close(fd_);
  }
  std::string at;

 private:
  void Answer() {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 10) != 1) return;
    const int peer = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    char request[4096];
    const ssize_t got = ::recv(peer, request, sizeof(request), 0);
    if (got > 0) {  // not just a look at whether somebody is there
      const std::string answer = answering_(std::string(request, static_cast<size_t>(got)));
      (void)!::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::shutdown(peer, SHUT_WR);
      while (::recv(peer, request, sizeof(request), 0) > 0) continue;
    }
    ::close(peer);
  }

  const Answering answering_;
  int fd_ = -1;
  std::jthread thread_;
};

inline std::string Ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline std::string FreeAddress() { return Web("127.0.0.1:0", Ok).at; }

class SitesOnDisk : public testing::Test {
 protected:
  SitesOnDisk() {
    std::string pattern = "/tmp/ns-serving.XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    Write(kSite, "index.html", "first\n");
  }
  ~SitesOnDisk() override { std::filesystem::remove_all(root_); }

  std::filesystem::path FolderOf(const SiteName& site) const {
    return std::filesystem::path(root_) / "sites" / site.app.str() / site.release.str();
  }
  void Write(const SiteName& site, const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((FolderOf(site) / name).parent_path());
    std::ofstream(FolderOf(site) / name) << text;
  }
  // As a server of sites does, for names as they are and for "/".
  std::string FromDisk(const std::string& request) const {
    const auto value = [&](const std::string& name) {
      const size_t at = request.find(name + ": ") + name.size() + 2;
      return request.substr(at, request.find('\r', at) - at);
    };
    std::string target = request.substr(4, request.find(' ', 4) - 4);
    if (target == "/") target = "/index.html";
    const std::filesystem::path file = std::filesystem::path(root_) / "sites" /
                                       value("X-Controller-App-Id") /
                                       (value("X-Controller-Release-Id") + target);
    return std::filesystem::is_regular_file(file) ? Ok(ReadFile(file))
                                                  : "HTTP/1.1 404 Not Found\r\n\r\n";
  }

  std::string root_;
};

}  // namespace ns::ssgen
