#include "git/folder.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "git/entry_name.h"

namespace ns::git {

using supervise::Fd;

Result<Fd> OpenBelow(int top, const std::string& path) {
  Fd fd(::openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (size_t begin = 0; fd && begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    fd = Fd(::openat(fd.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    begin = end + 1;
  }
  if (fd) return fd;
  return Unavailable("cannot open \"" + Shown(path) + "\": " + ::strerrordesc_np(errno))
      .SetFault(Fault::kPlatform);
}

Status CannotWrite(const std::string& path) {
  return Unavailable("cannot write \"" + Shown(path) + "\": " + ::strerrordesc_np(errno))
      .SetFault(Fault::kPlatform);
}

}  // namespace ns::git
