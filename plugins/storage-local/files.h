// Files below one folder, by keys. No link below it is ever followed.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ns/sdk/error.h"

namespace ns::storage_local {

// A descriptor with an owner.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// NS_E_UNAVAILABLE with the reason that `error` (errno) gives: "DiskFull", "StorageDenied",
// "StorageUnavailable".
sdk::Error FileError(const std::string& what, int error);

// The names of a key, outermost first.
std::vector<std::string> NamesOf(std::string_view key);

// The folder of those names below `root`; none where there is no such folder. Throws FileError.
Fd OpenFolder(int root, const std::vector<std::string>& names);
// The same; makes what is not there, on the disk. None where another removed one of them meanwhile.
Fd MakeFolder(int root, const std::vector<std::string>& names);

// A file that nobody sees, in the folder of such files. It goes with its owner, or with the next
// Sweep after a crash.
class Temporary {
 public:
  // `folder` must outlive it.
  explicit Temporary(int folder);
  ~Temporary();
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void Write(std::string_view bytes);
  // On the disk now.
  void Sync();
  // Gives it that name in `folder`, in the place of what has it. False: that folder is gone.
  bool MoveTo(int folder, const std::string& name);

 private:
  const int folder_;
  std::string name_;
  Fd fd_;
};

// Removes the files in `folder` whose owners are gone.
void Sweep(int folder);

}  // namespace ns::storage_local
