// Writes the tree of a commit to disk, and nothing else.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "git/handle.h"

namespace ns::git {

// Fills the empty or absent folder `path`. Files have the bytes of the repository (no filters, no
// line ends changed); submodules are empty folders. Every name is created relative to the folder
// above it and never through a link. Refused, with kInvalid: names such as ".git", links that leave
// the tree. "LimitExceeded": more than `byte_limit` bytes or a million entries.
Status WriteTree(git_repository* repository, git_commit* commit, const std::string& path,
                 uint64_t byte_limit);

// Whether a link with `target`, `depth` folders below the top, stays inside: relative, with ".."
// only in front and no more than `depth`.
bool LinkStaysInside(const std::string& target, int depth);

}  // namespace ns::git
