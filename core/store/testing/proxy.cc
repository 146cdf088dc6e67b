#include "store/testing/proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace ns::store::testing {
namespace {

constexpr char kName[] = "/.s.PGSQL.5432";
constexpr int kTick = 20;  // milliseconds between looks at whether the proxy ends

sockaddr_un AddressOf(const std::string& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s%s", folder.c_str(), kName);
  return address;
}

bool SendAll(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool Readable(int fd, int millis) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, millis) > 0;
}

// One read's worth of bytes; empty at the end.
std::string Take(int from) {
  std::string bytes(65536, '\0');
  const ssize_t size = recv(from, bytes.data(), bytes.size(), 0);
  bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return bytes;
}

}  // namespace

Proxy::Proxy(std::string connection, const std::string& socket_folder, std::function<Fate()> fate,
             std::string word)
    : behind_(socket_folder),
      connection_(std::move(connection)),
      word_(std::move(word)),
      fate_(std::move(fate)) {
  std::string pattern = "/dev/shm/ns-proxy-XXXXXX";
  folder_ = mkdtemp(pattern.data());
  connection_.replace(connection_.find(behind_), behind_.size(), folder_);
  const sockaddr_un address = AddressOf(folder_);
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 64) != 0) {
    std::perror("proxy");
    std::abort();
  }
  accepts_ = std::jthread([this] { Accept(); });
}

Proxy::~Proxy() {
  ended_ = true;
  accepts_.join();
  carriers_.clear();
  close(listener_);
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

void Proxy::Accept() {
  while (!ended_) {
    if (silent_ || !Readable(listener_, kTick)) {
      poll(nullptr, 0, silent_ ? kTick : 0);
      continue;
    }
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = AddressOf(behind_);
    if (client < 0 ||
        connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(client);
      close(server);
      continue;
    }
    carriers_.emplace_back([this, client, server] { Carry(client, server); });
  }
}

// False when the connection is over.
bool Proxy::Forward(int from, int to) {
  const std::string bytes = Take(from);
  return !bytes.empty() && SendAll(to, bytes);
}

void Proxy::Carry(int client, int server) {
  const int muted = muted_;
  bool held = false;  // the server's side stays open after the client's was cut
  while (!ended_) {
    std::array<pollfd, 2> fds{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    if (poll(fds.data(), fds.size(), kTick) <= 0) continue;
    if (silent_ || muted != muted_) {
      poll(nullptr, 0, kTick);
      continue;
    }
    if (fds[1].revents && !Forward(server, client)) break;
    if (!fds[0].revents) continue;
    const std::string bytes = Take(client);
    if (bytes.empty()) break;
    const bool asked = bytes.find(word_) != std::string::npos;
    const Fate fate = asked ? fate_() : Fate::kPass;
    if (fate == Fate::kSilent) {
      silent_ = true;
      continue;
    }
    held = fate == Fate::kSwallowed;
    if (fate == Fate::kCutBefore || held) break;
    if (!SendAll(server, bytes) || fate == Fate::kCutAtOnce) break;
    if (fate == Fate::kCutAfter) {
      (void)Readable(server, 10'000);  // the answer, which nobody gets
      break;
    }
  }
  close(client);
  while (held && !ended_ && !Readable(server, kTick)) continue;  // until the server hangs up
  close(server);
}

}  // namespace ns::store::testing
