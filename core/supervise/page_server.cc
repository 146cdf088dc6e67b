#include "supervise/page_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/clock.h"
#include "supervise/address.h"
#include "supervise/page.h"

namespace ns::supervise {
namespace {

using namespace std::chrono_literals;

constexpr size_t kMostConnections = 512;
constexpr size_t kMostHead = 16 << 10;  // bytes of a request's head that are looked at
constexpr Duration kPatience = 5s;      // with one connection, from its begin to its end

std::string AddressFile(const std::string& folder) { return folder + "/address"; }

std::string ReadLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

Status WriteAddress(const std::string& folder, const std::string& address) {
  const std::string path = AddressFile(folder), fresh = path + ".new";
  {
    std::ofstream file(fresh, std::ios::trunc);
    file << address << "\n";
    if (!file.flush()) return Unavailable("cannot write " + fresh);
  }
  std::error_code error;
  std::filesystem::rename(fresh, path, error);
  if (error) return Unavailable("cannot write " + path + ": " + error.message());
  return {};
}

Result<Fd> ListenOn(const std::string& text) {
  NS_ASSIGN(const SocketAddress address, ParseAddress(text));
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address.get(), address.size) != 0 || ::listen(fd.get(), 256) != 0) {
    return Unavailable("cannot listen on " + text + ": " + std::strerror(errno));
  }
  return fd;
}

// With port 0: where the last run listened, so that routes that lead here stay right, or else
// anywhere.
Result<Fd> Open(const PageServerOptions& options) {
  const std::string before = ReadLine(AddressFile(options.folder));
  const bool any = options.listen.ends_with(":0");
  if (any && before.starts_with(options.listen.substr(0, options.listen.size() - 1))) {
    if (auto again = ListenOn(before); again.ok()) return again;
  }
  return ListenOn(options.listen);
}

// One client: its head is read, the answer is written, then it is read to its end so that the
// answer arrives before the connection ends.
class Client {
 public:
  Client(Fd fd, Duration now) : fd_(std::move(fd)), until_(now + kPatience) {}

  int fd() const { return fd_.get(); }
  int16_t events() const { return at_ == At::kAnswer ? POLLOUT : POLLIN; }
  Duration until() const { return until_; }

  // False: done with.
  bool Advance() {
    if (at_ == At::kHead && !Read()) return false;
    if (at_ == At::kAnswer && !Write()) return false;
    return at_ != At::kRest || Drop();
  }

 private:
  enum class At { kHead, kAnswer, kRest };

  static bool Later() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

  bool Read() {
    char bytes[4096];
    const ssize_t got = ::recv(fd(), bytes, sizeof bytes, 0);
    if (got <= 0) return got < 0 && Later();
    buffer_.append(bytes, static_cast<size_t>(got));
    const size_t end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos && buffer_.size() < kMostHead) return true;
    buffer_ = PageAnswer(ParsePageRequest(std::string_view(buffer_).substr(0, end)));
    at_ = At::kAnswer;
    return true;
  }

  bool Write() {
    const ssize_t sent = ::send(fd(), buffer_.data(), buffer_.size(), MSG_NOSIGNAL);
    if (sent < 0) return Later();
    buffer_.erase(0, static_cast<size_t>(sent));
    if (!buffer_.empty()) return true;
    ::shutdown(fd(), SHUT_WR);
    at_ = At::kRest;
    return true;
  }

  bool Drop() {
    char bytes[16 << 10];
    const ssize_t got = ::recv(fd(), bytes, sizeof bytes, 0);
    return got > 0 || (got < 0 && Later());
  }

  Fd fd_;
  Duration until_;
  At at_ = At::kHead;
  std::string buffer_;
};

class PageServer {
 public:
  PageServer(Fd listener, int stop) : listener_(std::move(listener)), stop_(stop) {}

  Status Serve() {
    for (;;) {
      std::vector<pollfd> watched = Watched();
      if (::poll(watched.data(), watched.size(), Patience()) < 0 && errno != EINTR)
        return Internal(std::strerror(errno));
      if (watched[0].revents != 0) return {};
      Advance({watched.begin() + 2, watched.end()});
      if ((watched[1].revents & POLLIN) != 0) Accept();
    }
  }

 private:
  std::vector<pollfd> Watched() const {
    std::vector<pollfd> watched = {
        {stop_, POLLIN, 0}, {clients_.size() < kMostConnections ? listener_.get() : -1, POLLIN, 0}};
    for (const Client& client : clients_) watched.push_back({client.fd(), client.events(), 0});
    return watched;
  }

  // Milliseconds until the first client has had its time; -1 without clients.
  int Patience() const {
    if (clients_.empty()) return -1;
    Duration first = Duration::max();
    for (const Client& client : clients_) first = std::min(first, client.until());
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(first - SystemClock().Monotonic());
    return static_cast<int>(std::max<int64_t>(left.count(), 0));
  }

  void Advance(const std::vector<pollfd>& watched) {
    const Duration now = SystemClock().Monotonic();
    std::vector<Client> kept;
    for (size_t i = 0; i < clients_.size(); ++i) {
      const bool goes_on = watched[i].revents == 0 || clients_[i].Advance();
      if (goes_on && now < clients_[i].until()) kept.push_back(std::move(clients_[i]));
    }
    clients_ = std::move(kept);
  }

  void Accept() {
    while (clients_.size() < kMostConnections) {
      Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fd) return;
      clients_.emplace_back(std::move(fd), SystemClock().Monotonic());
    }
  }

  Fd listener_;
  const int stop_;
  std::vector<Client> clients_;
};

}  // namespace

Status RunPageServer(const PageServerOptions& options) {
  NS_ASSIGN(Fd listener, Open(options));
  SocketAddress bound;
  bound.size = sizeof bound.storage;
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);
  NS_TRY(WriteAddress(options.folder, FormatAddress(bound)));
  return PageServer(std::move(listener), options.stop_fd).Serve();
}

HelperSpec PageServerHelper(const std::string& nsd, const std::string& folder,
                            const std::string& listen) {
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  HelperSpec helper;
  helper.name = "page-server";
  helper.argv = {nsd, "page-server", "--listen", listen, "--folder", folder};
  helper.health = [folder]() -> Status {
    NS_ASSIGN(const std::string url, PageServerAddress(folder));
    NS_ASSIGN(const HealthCheck accepts,
              HealthCheckOf("tcp:" + url.substr(std::strlen("http://"))));
    return accepts();
  };
  return helper;
}

Result<std::string> PageServerAddress(const std::string& folder) {
  const std::string address = ReadLine(AddressFile(folder));
  if (address.empty())
    return Unavailable("the page server has not told its address in " + folder + " yet");
  return "http://" + address;
}

}  // namespace ns::supervise
