#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

#include "ns/abi/reasons.h"

namespace ns::storage_local {
namespace {

using sdk::Error;
using sdk::Fault;

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr time_t kYoung = 60;  // seconds: its owner may not have locked it yet

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

void SyncFolder(int folder, const std::string& what) {
  if (::fsync(folder) != 0) throw FileError(what, errno);
}

std::string NewName() {
  static constexpr char kHex[] = "0123456789abcdef";
  unsigned char bytes[12] = {};
  if (::getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) throw FileError("getrandom", errno);
  std::string name;
  for (const unsigned char byte : bytes) (name += kHex[byte >> 4]) += kHex[byte & 15];
  return name;
}

// Whether its owner is gone: the lock of one that lives cannot be had.
bool IsLeft(int folder, const char* name) {
  const Fd fd(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return false;
  return S_ISREG(info.st_mode) && ::time(nullptr) - info.st_mtime > kYoung &&
         ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

Error FileError(const std::string& what, int error) {
  const std::string message = what + ": " + ::strerrordesc_np(error) + ".";
  if (error == ENOSPC || error == EDQUOT)
    return Error(NS_E_UNAVAILABLE, NS_REASON_DISK_FULL, message + " Make room.", Fault::kPlatform);
  const bool denied = error == EACCES || error == EPERM || error == EROFS;
  return Error(NS_E_UNAVAILABLE, denied ? NS_REASON_STORAGE_DENIED : NS_REASON_STORAGE_UNAVAILABLE,
               message, denied ? Fault::kOperator : Fault::kPlatform);
}

std::vector<std::string> NamesOf(std::string_view key) {
  std::vector<std::string> names;
  for (size_t slash; (slash = key.find('/')) != std::string_view::npos;) {
    names.emplace_back(key.substr(0, slash));
    key.remove_prefix(slash + 1);
  }
  names.emplace_back(key);
  return names;
}

Fd OpenFolder(int root, const std::vector<std::string>& names) {
  Fd at(::openat(root, ".", kFolder));
  for (const std::string& name : names) {
    if (!at) break;
    at = Fd(::openat(at.get(), name.c_str(), kFolder));
  }
  if (!at && errno != ENOENT && errno != ENOTDIR) throw FileError("a folder of the key", errno);
  return at;
}

Fd MakeFolder(int root, const std::vector<std::string>& names) {
  Fd at(::openat(root, ".", kFolder));
  for (const std::string& name : names) {
    const bool made = at && ::mkdirat(at.get(), name.c_str(), 0700) == 0;
    if (!made && errno == ENOENT) return Fd();
    if (!made && errno != EEXIST) throw FileError("the folder " + name, errno);
    if (made) SyncFolder(at.get(), "the folder above " + name);
    at = Fd(::openat(at.get(), name.c_str(), kFolder));
    if (!at && errno == ENOTDIR)
      throw Error(NS_E_INVALID, NS_REASON_DEFECT,
                  "Another object has the name " + name + " of a folder of this one.");
    if (!at && errno == ENOENT) return Fd();
    if (!at) throw FileError("the folder " + name, errno);
  }
  return at;
}

Temporary::Temporary(int folder) : folder_(folder), name_(NewName()) {
  fd_ = Fd(::openat(folder_, name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd_ || ::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) throw FileError("a new file", errno);
}

Temporary::~Temporary() {
  if (!name_.empty()) ::unlinkat(folder_, name_.c_str(), 0);
}

void Temporary::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw FileError("cannot write", errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void Temporary::Sync() {
  if (::fsync(fd_.get()) != 0) throw FileError("cannot write", errno);
}

bool Temporary::MoveTo(int folder, const std::string& name) {
  if (::renameat(folder_, name_.c_str(), folder, name.c_str()) != 0) {
    if (errno == ENOENT) return false;
    if (errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST)
      throw Error(NS_E_INVALID, NS_REASON_DEFECT, "Other objects have " + name + " as a folder.");
    throw FileError("the file " + name, errno);
  }
  name_.clear();
  SyncFolder(folder, "the folder of " + name);
  return true;
}

void Sweep(int folder) {
  const int own = ::openat(folder, ".", kFolder);
  const std::unique_ptr<DIR, CloseFolder> stream(own < 0 ? nullptr : ::fdopendir(own));
  if (!stream) return;
  while (const dirent* entry = ::readdir(stream.get())) {
    if (IsLeft(folder, entry->d_name)) ::unlinkat(folder, entry->d_name, 0);
  }
}

}  // namespace ns::storage_local
