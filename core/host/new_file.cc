#include "host/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/crypto.h"

namespace ns::host {

std::string WriteDraft(const std::string& path, const std::string& text, mode_t mode,
                       Random& random) {
  std::string chance(6, '\0');
  random.Fill({reinterpret_cast<uint8_t*>(chance.data()), chance.size()});
  std::string draft = path + "." + ToHex(chance);
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return "";
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  const int why = errno;
  ::close(fd);
  if (written) return draft;
  ::unlink(draft.c_str());
  errno = why;
  return "";
}

bool MakeOnce(const std::string& path, const std::string& text, mode_t mode, Random& random) {
  const std::string draft = WriteDraft(path, text, mode, random);
  if (draft.empty()) return false;
  const bool made = ::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const int why = errno;
  ::unlink(draft.c_str());
  errno = why;
  return made;
}

}  // namespace ns::host
