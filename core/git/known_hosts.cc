#include "git/known_hosts.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "supervise/fd.h"

namespace ns::git {
namespace {

std::string ReadAll(int fd) {
  struct stat info {};
  ::fstat(fd, &info);
  std::string text(static_cast<size_t>(info.st_size), '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

// What stands behind `host` in lines of "host fingerprint".
std::string Kept(const std::string& text, const std::string& host) {
  const std::string start = host + " ";
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (text.compare(at, start.size(), start) == 0)
      return text.substr(at + start.size(), end - at - start.size());
    at = end + 1;
  }
  return "";
}

}  // namespace

Status CheckHostKey(const std::string& file, const std::string& host,
                    const std::string& fingerprint, bool keep) {
  const supervise::Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd || ::flock(fd.get(), LOCK_EX) != 0)
    return Unavailable("cannot keep host keys in " + file + ": " + ::strerrordesc_np(errno));
  const std::string kept = Kept(ReadAll(fd.get()), host);
  if (kept == fingerprint) return {};
  if (!kept.empty()) {
    return Status(Code::kDenied, "HostKeyChanged",
                  "the SSH host key of " + host + " has changed from " + kept + " to " +
                      fingerprint +
                      ": somebody may be in between; if the change is meant, name the new key with "
                      "the "
                      "repository (`--host-key`), or have the operator remove the line from " +
                      file)
        .SetFault(Fault::kOperator);
  }
  if (!keep) return {};
  const std::string line = host + " " + fingerprint + "\n";
  if (::write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    return Unavailable("cannot write " + file);
  return {};
}

}  // namespace ns::git
