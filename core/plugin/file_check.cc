#include "plugin/file_check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/crypto.h"

namespace ns::plugin {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLargest = uint64_t{256} << 20;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Status Failed(const std::string& what) { return Unavailable(what + ": " + std::strerror(errno)); }

Objection Unsafe(std::string what, std::string remedy) {
  return {"PluginUnsafe", std::move(what), std::move(remedy)};
}

bool OwnedSafely(const struct stat& info) { return info.st_uid == 0 || info.st_uid == ::geteuid(); }

// Others: anybody but root, this user and this user's own group.
bool OthersWrite(const struct stat& info) {
  if (info.st_mode & S_IWOTH) return true;
  return (info.st_mode & S_IWGRP) && info.st_gid != 0 && info.st_gid != ::getegid();
}

std::optional<Objection> CheckOwner(const fs::path& path, const struct stat& info) {
  if (OwnedSafely(info)) return std::nullopt;
  return Unsafe(path.string() + " is owned by user " + std::to_string(info.st_uid) +
                    ", who could exchange the library",
                "Let root own it (chown root " + path.string() +
                    "), or install the library below a folder that only root can write");
}

std::optional<Objection> CheckWritable(const fs::path& path, const struct stat& info) {
  if (!OthersWrite(info)) return std::nullopt;
  return Unsafe(path.string() + " may be written by others",
                "Take that right away: chmod go-w " + path.string());
}

// One step of the way down to the library.
std::optional<Objection> CheckStep(const fs::path& path, bool last) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return Objection{"PluginMissing",
                     path.string() + " cannot be looked at: " + std::strerror(errno),
                     "Install the plugin there"};
  }
  if (S_ISLNK(info.st_mode)) return CheckOwner(path, info);  // where it leads is checked too
  if (last && !S_ISREG(info.st_mode))
    return Unsafe(path.string() + " is no regular file", "Install the library as a regular file");
  if (S_ISDIR(info.st_mode) && info.st_uid == 0 && (info.st_mode & S_ISVTX)) return std::nullopt;
  if (auto objection = CheckOwner(path, info)) return objection;
  return CheckWritable(path, info);
}

std::optional<Objection> CheckWay(const fs::path& path) {
  fs::path step;
  for (auto part = path.begin(); part != path.end(); ++part) {
    step /= *part;
    if (auto objection = CheckStep(step, std::next(part) == path.end())) return objection;
  }
  return std::nullopt;
}

Status WriteWhole(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed("writing");
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return ::fsync(fd) == 0 ? Status() : Failed("syncing");
}

// Writes a file of our own beside, then gives it its name.
Status WriteCopy(const std::string& bytes, const std::string& path) {
  std::string temporary = path + ".XXXXXX";
  const File file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.fd() < 0) return Failed("making " + temporary);
  Status status = WriteWhole(file.fd(), bytes);
  if (status.ok() && ::fchmod(file.fd(), 0500) != 0) status = Failed("setting rights");
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) status = Failed("renaming");
  if (!status.ok()) ::unlink(temporary.c_str());
  return status.ok() ? status : status.Prefixed(path);
}

bool Holds(const std::string& path, const std::string& digest) {
  const auto bytes = ReadWhole(path);
  return bytes.ok() && Sha256Hex(*bytes) == digest;
}

}  // namespace

std::optional<Objection> CheckFile(const std::string& path) {
  const fs::path given(path);
  if (!given.is_absolute())
    return Unsafe(path + " is no absolute path", "Name the library by its absolute path");
  std::error_code error;
  const fs::path real = fs::canonical(given, error);
  if (error)
    return Objection{"PluginMissing", path + " cannot be opened: " + error.message(),
                     "Install the plugin there"};
  if (auto objection = CheckWay(given.lexically_normal())) return objection;
  return CheckWay(real);
}

Result<std::string> ReadWhole(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (file.fd() < 0 || ::fstat(file.fd(), &info) != 0) return Failed("opening " + path);
  if (!S_ISREG(info.st_mode) || static_cast<uint64_t>(info.st_size) > kLargest)
    return Invalid(path + " is no regular file below 256 MiB");
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::read(file.fd(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed("reading " + path);
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

Result<std::string> CopyOf(const std::string& bytes, const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || ::chmod(folder.c_str(), 0700) != 0) return Failed("making the folder " + folder);
  const std::string digest = Sha256Hex(bytes);
  const std::string path = folder + "/" + digest + ".so";
  if (!Holds(path, digest)) NS_TRY(WriteCopy(bytes, path));
  if (!Holds(path, digest))
    return Unavailable(path + " does not hold what was written to it; check the disk");
  return path;
}

}  // namespace ns::plugin
