#include "archive/file_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "archive/limits.h"

namespace ns::archive {

Result<InFile> InFile::Open(const std::string& path) {
  supervise::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return CannotRead(path, errno);
  return InFile(path, std::move(file));
}

Result<size_t> InFile::Read(char* to, size_t most) {
  for (;;) {
    const ssize_t read = ::read(file_.get(), to, most);
    if (read >= 0) return static_cast<size_t>(read);
    if (errno != EINTR) return CannotRead(path_, errno);
  }
}

Result<OutFile> OutFile::Create(const std::string& path) {
  supervise::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return CannotWrite(path, errno);
  return OutFile(path, std::move(file));
}

Status OutFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return CannotWrite(path_, errno);
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace ns::archive
