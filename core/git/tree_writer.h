// Writes the tree of a commit to disk, and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "git/handle.h"
#include "git/lfs_fetch.h"
#include "supervise/fd.h"

namespace ns::git {

// A submodule: an entry of a tree that names a commit of another repository.
struct Gitlink {
  std::string path;  // below the top of the checkout
  std::string commit;
};

// What a tree leaves to others.
struct Left {
  std::vector<Gitlink> gitlinks;
  std::vector<LfsFile> pointers;  // files that read as pointers of Git LFS
};

// Bytes and entries of all its trees together are held against the limits. Files have the bytes of
// the repository (no filters, no line ends changed). Every name is created relative to the folder
// above it and never through a link.
class TreeWriter {
 public:
  // `byte_limit` is called git.mirror_limit and `entry_limit` git.entry_limit in messages.
  TreeWriter(uint64_t byte_limit, uint64_t entry_limit)
      : byte_limit_(byte_limit), entry_limit_(entry_limit) {}

  // Fills the empty folder, which stands at `path` of the checkout ("" is its top). Submodules
  // become empty folders; they and pointers are added to `left`. "CheckoutRefused": a name
  // NameMistake refuses, a name twice, a link that leaves the top, objects that are not there (see
  // `damaged`). "LimitExceeded", also for more than 200 folders in each other and paths of more
  // than 4,000 bytes. What is written before a failure stays.
  Status Write(git_repository* repository, git_commit* commit, int folder, const std::string& path,
               Left& left);
  // Adds the content of a file that comes from elsewhere. "LimitExceeded".
  Status Count(uint64_t bytes, const std::string& path);
  // What it has counted so far; a part that is written again must not count twice.
  struct Counted {
    uint64_t bytes = 0, entries = 0;
  };
  Counted counted() const { return counted_; }
  void CountFrom(Counted counted) { counted_ = counted; }
  // Whether the last failure was an object that is missing or cannot be read.
  bool damaged() const { return damaged_; }

 private:
  Status WriteAll(const git_tree* tree, int folder, const std::string& path, int depth);
  Status WriteEntry(const git_tree_entry* entry, int folder, const std::string& path, int depth);
  Status WriteFolder(const git_tree_entry* entry, int folder, const std::string& path, int depth);
  Status WriteLink(const git_tree_entry* entry, int folder, const std::string& path, int depth);
  Status WriteFile(const git_tree_entry* entry, int folder, const std::string& path, mode_t mode);
  Status WriteGitlink(const git_tree_entry* entry, int folder, const std::string& path);
  Result<BlobHandle> Load(const git_tree_entry* entry, const std::string& path);
  Status Broken(const std::string& path);

  const uint64_t byte_limit_, entry_limit_;
  Counted counted_;
  bool damaged_ = false;
  git_repository* repository_ = nullptr;  // of the tree being written
  OdbHandle odb_;
  Left* left_ = nullptr;
};

// "CheckoutRefused", the source's fault.
Status CheckoutRefused(const std::string& message);

// Whether a link with `target`, `depth` folders below the top, stays inside: relative, with ".."
// only in front and no more than `depth`.
bool LinkStaysInside(const std::string& target, int depth);

}  // namespace ns::git
