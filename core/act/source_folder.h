// Where the source of one attempt lies while it is built.
#pragma once

#include <string>

#include "base/status.h"

namespace ns::act {

// A folder that goes with its owner. As long as it is there its process holds a lock on it, so that
// another one tells it from what a killed process has left.
class SourceFolder {
 public:
  // An empty folder at `path`; what was there goes.
  static Result<SourceFolder> Make(const std::string& path);
  SourceFolder(SourceFolder&& from) noexcept;
  SourceFolder& operator=(SourceFolder&&) = delete;
  ~SourceFolder();

  const std::string& path() const { return path_; }

 private:
  SourceFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;
};

// Removes the folders below `folder` that no process holds.
void SweepSources(const std::string& folder);

}  // namespace ns::act
