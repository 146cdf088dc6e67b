#include "site/files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "ns/sdk/error.h"

namespace ns::site {
namespace {

constexpr std::string_view kSocket = "unix:";

[[noreturn]] void Fail(const std::string& what) {
  throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_SITE_SERVER_UNAVAILABLE,
                   what + ": " + ::strerror(errno) + ".", sdk::Fault::kPlatform);
}

// 0, or why no connection was made.
int Connect(int family, const sockaddr* address, socklen_t size) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int error = ::connect(fd, address, size) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

int ConnectTo(const std::string& listen) {
  if (listen.starts_with(kSocket)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    listen.copy(address.sun_path, sizeof(address.sun_path) - 1, kSocket.size());
    return Connect(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(listen.substr(listen.rfind(':') + 1))));
  return Connect(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof(address));
}

}  // namespace

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void WriteWhole(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) Fail("Cannot write " + fresh);
  ::fchmod(fd, 0644);
  const ssize_t wrote = ::write(fd, text.data(), text.size());
  const bool good = wrote == static_cast<ssize_t>(text.size());
  ::close(fd);
  if (!good || ::rename(fresh.c_str(), path.c_str()) != 0) Fail("Cannot write " + path);
}

void MakeFolder(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) Fail("Cannot make " + path);
  if (::chmod(path.c_str(), mode) != 0) Fail("Cannot set the mode of " + path);
}

bool IsTaken(const std::string& listen) { return ConnectTo(listen) == 0; }

void RemoveStale(const std::string& listen) {
  if (listen.starts_with(kSocket) && ConnectTo(listen) == ECONNREFUSED)
    ::unlink(listen.c_str() + kSocket.size());
}

}  // namespace ns::site
