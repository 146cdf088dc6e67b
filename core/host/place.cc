#include "host/place.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/crypto.h"

namespace ns::host {
namespace {

Status Failed(const std::string& what, const std::string& path) {
  return Unavailable("cannot " + what + " " + path + ": " + std::strerror(errno));
}

std::string Hex(Random& random) {
  std::string bytes(4, '\0');
  random.Fill({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
  return ToHex(bytes);
}

Status WriteDraft(const std::string& draft, const std::string& name) {
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return Failed("make", draft);
  const std::string line = name + "\n";
  const bool written = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       ::fsync(fd) == 0;
  ::close(fd);
  return written ? Status() : Failed("write", draft);
}

// Whole or not at all; what another process was faster with is left as it is.
Status Make(const std::string& path, const std::string& machine, Random& random) {
  const std::string hex = Hex(random), draft = path + "." + hex;
  Status made = WriteDraft(draft, machine + "-" + hex);
  if (made.ok() && ::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST)
    made = Failed("write", path);
  ::unlink(draft.c_str());
  return made;
}

Result<std::string> Read(const std::string& path) {
  std::ifstream file(path);
  std::string name;
  if (!std::getline(file, name) || name.empty() || name.size() > 300)
    return Invalid(path + " does not hold the name of this data folder; put it back from a backup");
  return name;
}

}  // namespace

Result<std::string> PlaceName(const std::string& path, const std::string& machine, Random& random) {
  if (::access(path.c_str(), F_OK) != 0) NS_TRY(Make(path, machine, random));
  return Read(path);
}

}  // namespace ns::host
