// Writes the archive of an export, entry by entry, to whoever takes it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "ns/sdk/bytes.h"

struct archive;

namespace ns::engine {

// One thing of an archive. Names are below the folder: "./index.html".
struct TarEntry {
  std::string name;
  mode_t type = S_IFREG;  // S_IFREG, S_IFDIR, S_IFLNK or another of stat's
  mode_t mode = 0644;
  int64_t size = 0;               // bytes; of a file
  int64_t modified = 0;           // seconds since 1970
  std::string link{};             // where a symbolic link points
  std::string same_as{};          // name of the file that it is a hard link to; empty: none
  uint32_t major = 0, minor = 0;  // of a device
};

// Whole archives end with two empty blocks; nothing is held but the block that is being written.
// What the sink throws comes out of the method that was called. Not for use by two threads.
class TarWriter {
 public:
  explicit TarWriter(const sdk::ByteSink& sink);
  ~TarWriter();
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  // A file's bytes follow, `size` of them.
  void Put(const TarEntry& entry);
  void Data(std::string_view bytes);
  void Finish();
  int64_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(::archive* writer) const;
  };
  static ssize_t Take(::archive*, void* self, const void* data, size_t size);
  void Check(ssize_t said);

  const sdk::ByteSink& sink_;
  int64_t bytes_ = 0;
  bool ended_ = false;
  std::exception_ptr failed_;
  std::unique_ptr<::archive, Free> writer_;
};

}  // namespace ns::engine
