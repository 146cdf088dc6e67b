// Makes folders and files below one folder, and never anything elsewhere.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "supervise/fd.h"

namespace ns::archive {

// Every name is opened below the descriptor of the folder above it, none of them through a link, so
// that there is no path for the kernel to resolve. Files get 0644 or 0755, folders 0755. One
// thread.
class FolderWriter {
 public:
  // `root` is an existing folder. At most `folders` are made below it, whether they have an entry
  // of their own or not; one more is "ArtifactTooLarge".
  static Result<FolderWriter> Open(const std::string& root, uint64_t folders);

  // What a second entry of the same path is told, or a file where a folder is: "ArtifactInvalid".
  // What the file system refuses: kUnavailable.
  Status MakeFolder(const std::vector<std::string>& names);
  // Until CloseFile, Write appends to it.
  Status CreateFile(const std::vector<std::string>& names, bool executable);
  Status Write(std::string_view bytes);
  Status CloseFile();

 private:
  struct Level {
    std::string name;
    supervise::Fd fd;
  };
  FolderWriter(Level root, uint64_t folders);
  // Opens the folder of those names and makes what is not there; top() is it then.
  Status Descend(const std::vector<std::string>& names, size_t count);
  Status OpenOrMake(const std::string& name);
  Result<bool> Make(const std::string& name);  // false: it was there
  int top() const { return open_.back().fd.get(); }

  std::vector<Level> open_;  // the root and the folders down to the one in use
  const uint64_t most_folders_;
  uint64_t made_ = 0;
  std::set<ino_t> entries_;  // folders that had an entry of their own
  supervise::Fd file_;
  std::string path_;  // of the file, for messages
};

}  // namespace ns::archive
