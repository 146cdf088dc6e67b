#include "source_text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ns/sdk/error.h"

namespace ns::engine_buildah {
namespace {

constexpr size_t kLongest = 1 << 20;  // bytes

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

int OpenBeneath(int folder, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof(how)));
}

sdk::Error Refused(const char* reason, const std::string& what) {
  return {NS_E_PRECONDITION, reason, what, sdk::Fault::kSource};
}

}  // namespace

std::optional<std::string> SourceText(const std::string& source, const std::string& path) {
  const Descriptor folder(::open(source.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Descriptor file(OpenBeneath(folder.get(), path));
  if (file.get() < 0 && errno == EXDEV)
    throw Refused(NS_REASON_PATH_OUTSIDE_SOURCE,
                  "The file \"" + path +
                      "\" is a link that leaves the repository; put the file itself there.");
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return std::nullopt;
  std::string text;
  char buffer[16 << 10];
  for (ssize_t got = 0; (got = ::read(file.get(), buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > kLongest)
      throw Refused(NS_REASON_COMMAND_FAILED,
                    "The file \"" + path + "\" is longer than 1 MiB; make it shorter.");
  }
  return text;
}

}  // namespace ns::engine_buildah
