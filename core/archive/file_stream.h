// Files as ends of a stream.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"
#include "supervise/fd.h"

namespace ns::archive {

// A file that is read from its beginning. kUnavailable of the platform when it cannot be.
class InFile {
 public:
  static Result<InFile> Open(const std::string& path);
  // Up to `most` bytes at `to`; 0: the end. A Source.
  Result<size_t> Read(char* to, size_t most);

 private:
  InFile(std::string path, supervise::Fd file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  supervise::Fd file_;
};

// A new file, for its owner alone, in the place of what was there. kUnavailable of the platform
// when it cannot be written ("DiskFull" for no room).
class OutFile {
 public:
  static Result<OutFile> Create(const std::string& path);
  // A Sink.
  Status Write(std::string_view bytes);

 private:
  OutFile(std::string path, supervise::Fd file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  supervise::Fd file_;
};

}  // namespace ns::archive
