#include "supervise/log_file.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ns::supervise {
namespace {

constexpr uint64_t kLogLimit = 8 << 20;
constexpr uint64_t kEndBytes = 2048;

}  // namespace

Result<Fd> OpenLog(const std::string& path) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) return Unavailable("cannot write the log " + path + ": " + ::strerrordesc_np(errno));
  return fd;
}

uint64_t LogSize(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

void TrimLog(const std::string& path) {
  const uint64_t size = LogSize(path);
  if (size <= kLogLimit) return;
  const Fd from(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  const Fd to(::open((path + ".1").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  off_t at = static_cast<off_t>(size - kLogLimit);
  while (from && to && ::sendfile(to.get(), from.get(), &at, kLogLimit) > 0) {
  }
  if (from) [[maybe_unused]]
    const int done = ::ftruncate(from.get(), 0);
}

std::string LogEnd(const std::string& path, uint64_t offset) {
  const uint64_t size = LogSize(path);
  if (offset > size) offset = 0;
  const uint64_t begin = std::max(offset, size > kEndBytes ? size - kEndBytes : 0);
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(kEndBytes, '\0');
  const ssize_t got =
      fd ? ::pread(fd.get(), text.data(), text.size(), static_cast<off_t>(begin)) : 0;
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  if (begin > offset) text.erase(0, text.find('\n') + 1);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace ns::supervise
