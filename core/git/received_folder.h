// Bare repositories in a folder, as files: made by hand, so that no template and no setting of this
// machine gets in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace ns::git {

class ReceivedFolder {
 public:
  explicit ReceivedFolder(std::string folder) : folder_(std::move(folder)) {}

  // Of a repository whose name is good.
  std::string PathOf(const std::string& name) const { return folder_ + "/" + name + ".git"; }
  bool Has(const std::string& name) const;
  // Whole or not at all. Fine when it is there.
  Status Create(const std::string& name) const;
  Status Remove(const std::string& name) const;
  // Lets HEAD name a branch that is there, where the one it names is not: main, master, or else the
  // first of `refs`.
  Status PointHead(const std::string& name, const std::vector<std::string>& refs) const;
  // Removes what was left by a git that was cut off, which git itself leaves: quarantines and packs
  // that nothing was written to for an hour, and locks of refs a quarter of one old.
  void DropBroken(const std::string& name) const;
  // The folder of the one hook that runs, made or repaired: before refs move it asks by a byte on
  // descriptor 3 whether they may; the line "ok" is a yes, any other is told to the client. Fails
  // where it cannot run.
  Result<std::string> Hooks() const;
  // Branches and tags.
  size_t CountRefs(const std::string& name) const;

 private:
  const std::string folder_;
};

}  // namespace ns::git
