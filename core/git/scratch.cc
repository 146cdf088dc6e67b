#include "git/scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "git/folder.h"

namespace ns::git {

using supervise::Fd;

Scratch::Scratch(int top, std::string name, Fd fd)
    : top_(top), name_(std::move(name)), fd_(std::move(fd)) {}

Scratch::Scratch(Scratch&& other) noexcept
    : top_(other.top_), name_(std::exchange(other.name_, "")), fd_(std::move(other.fd_)) {}

Scratch::~Scratch() {
  if (!name_.empty()) ::unlinkat(top_, name_.c_str(), 0);
}

Result<Scratch> Scratch::Make(int top, uint64_t& number) {
  for (;; ++number) {
    const std::string name = ".ns-lfs-" + std::to_string(number);
    Fd fd(::openat(top, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (fd) return Scratch(top, name, std::move(fd));
    if (errno != EEXIST) return CannotWrite(name);
  }
}

Status Scratch::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd_.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return CannotWrite(name_);
    bytes.remove_prefix(static_cast<size_t>(done));
  }
  return {};
}

Status Scratch::Clear() {
  const bool good = ::ftruncate(fd_.get(), 0) == 0 && ::lseek(fd_.get(), 0, SEEK_SET) == 0;
  return good ? Status() : CannotWrite(name_);
}

Result<Scratch> Scratch::Copy(uint64_t& number) const {
  NS_ASSIGN(Scratch copy, Make(top_, number));
  std::string chunk(1 << 20, '\0');
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(fd_.get(), chunk.data(), chunk.size(), at);
    if (got < 0) return CannotWrite(name_);
    if (got == 0) return copy;
    NS_TRY(copy.Write({chunk.data(), static_cast<size_t>(got)}));
    at += got;
  }
}

Status Scratch::Become(const std::string& path, mode_t mode) {
  const size_t slash = path.rfind('/');
  const std::string above = slash == std::string::npos ? "" : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  NS_ASSIGN(const Fd folder, OpenBelow(top_, above));
  if (::fchmod(fd_.get(), mode) != 0 ||
      ::renameat(top_, name_.c_str(), folder.get(), name.c_str()) != 0)
    return CannotWrite(path);
  name_.clear();
  return {};
}

}  // namespace ns::git
