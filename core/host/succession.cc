#include "host/succession.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ns::host {
namespace {

constexpr int kPlaces = 64;

// A locked descriptor, or -1 with errno.
int Lock(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  const int why = errno;
  ::close(fd);
  errno = why;
  return -1;
}

std::string ReadId(int fd) {
  char text[64] = {};
  const ssize_t size = ::pread(fd, text, sizeof text - 1, 0);
  const std::string id(text, size > 0 ? static_cast<size_t>(size) : 0);
  return id.substr(0, id.find('\n'));
}

// An id is always as long, so that one write replaces the other.
bool WriteId(int fd, const HostId& id) {
  const std::string line = id.str() + "\n";
  return ::pwrite(fd, line.data(), line.size(), 0) == static_cast<ssize_t>(line.size());
}

}  // namespace

Status Succession::Take(const Layout& layout, const std::vector<std::string>& roles,
                        const HostId& id, ports::HostStore& hosts) {
  for (int n = 0; n < kPlaces && place_ < 0; ++n) {
    place_ = Lock(layout.last_host(roles, n));
    if (place_ < 0 && errno != EWOULDBLOCK)
      return Unavailable("cannot lock " + layout.last_host(roles, n) + ": " + std::strerror(errno));
  }
  if (place_ < 0) return Unavailable("too many processes run these roles on this data folder");
  const std::string before = ReadId(place_);
  if (IsId(before)) NS_TRY(hosts.Leave(HostId(before)));
  return WriteId(place_, id) ? Status() : Unavailable("cannot write " + layout.last_host(roles, 0));
}

Succession::~Succession() {
  if (place_ >= 0) ::close(place_);
}

}  // namespace ns::host
