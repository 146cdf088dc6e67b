#include "site/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "ns/sdk/error.h"

namespace ns::site {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  throw sdk::Error(NS_E_UNAVAILABLE, NS_REASON_SITE_SERVER_UNAVAILABLE,
                   what + ": " + ::strerror(errno) + ".", sdk::Fault::kPlatform);
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

}  // namespace ns::site
