#include "engine_between.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace ns::testing {
namespace {

constexpr char kEngine[] = "/var/run/docker.sock";
constexpr int kTick = 20;  // milliseconds between looks at whether it ends

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  return address;
}

bool SendAll(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// One read's worth of bytes; empty at the end.
std::string Take(int from) {
  std::string bytes(65536, '\0');
  const ssize_t size = ::recv(from, bytes.data(), bytes.size(), 0);
  bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return bytes;
}

// `"Pid":4711` as `"Pid":   0`, which is as long.
void HidePid(std::string& bytes) {
  constexpr std::string_view kName = "\"Pid\":";
  for (size_t at = bytes.find(kName); at != std::string::npos; at = bytes.find(kName, at)) {
    size_t end = at += kName.size();
    while (end < bytes.size() && std::isdigit(static_cast<unsigned char>(bytes[end]))) ++end;
    if (end == at) continue;
    std::fill(bytes.begin() + static_cast<long>(at), bytes.begin() + static_cast<long>(end), ' ');
    bytes[end - 1] = '0';
  }
}

}  // namespace

EngineBetween::EngineBetween(const std::string& path)
    : path_(path), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_un address = AddressOf(path_);
  ::unlink(path_.c_str());
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 64) != 0) {
    std::perror("the socket before the Engine");
    std::abort();
  }
  accepts_ = std::jthread([this] { Accept(); });
}

EngineBetween::~EngineBetween() {
  ended_ = true;
  accepts_.join();
  carriers_.clear();
  ::close(listener_);
  ::unlink(path_.c_str());
}

void EngineBetween::Break(const std::string& container, Fate fate) {
  const std::lock_guard lock(mutex_);
  broken_ = container;
  fate_ = fate;
}

void EngineBetween::Accept() {
  while (!ended_) {
    pollfd one{listener_, POLLIN, 0};
    if (::poll(&one, 1, kTick) <= 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int engine = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = AddressOf(kEngine);
    if (client < 0 ||
        ::connect(engine, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(client);
      ::close(engine);
      continue;
    }
    carriers_.emplace_back([this, client, engine] { Carry(client, engine); });
  }
}

void EngineBetween::Carry(int client, int engine) {
  while (!ended_) {
    std::array<pollfd, 2> fds{pollfd{client, POLLIN, 0}, pollfd{engine, POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), kTick) <= 0) continue;
    if (fds[1].revents && !Answer(engine, client)) break;
    if (fds[0].revents && !Ask(client, engine)) break;
  }
  ::close(client);
  ::close(engine);
}

bool EngineBetween::Ask(int client, int engine) {
  const std::string bytes = Take(client);
  if (bytes.empty()) return false;
  const std::lock_guard lock(mutex_);
  const bool broken =
      !broken_.empty() && bytes.find("/containers/" + broken_ + "/stats?") != std::string::npos;
  if (!broken) return SendAll(engine, bytes);
  if (fate_ == Fate::kSilent) return true;
  return SendAll(client,
                 "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
                 "Content-Length: 20\r\n\r\n{\"message\":\"broken\"}");
}

bool EngineBetween::Answer(int engine, int client) const {
  std::string bytes = Take(engine);
  if (hidden_) HidePid(bytes);
  return !bytes.empty() && SendAll(client, bytes);
}

}  // namespace ns::testing
