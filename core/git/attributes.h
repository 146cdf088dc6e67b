// What .gitattributes of a commit say.
#pragma once

#include <string>

#include "git/handle.h"

namespace ns::git {

// Whether they give the file at `path` of the commit to Git LFS ("filter=lfs"), by Git's own rules:
// also those of folders, of macros, and the later line over the earlier.
bool IsInLfs(git_repository* repository, git_commit* commit, const std::string& path);

}  // namespace ns::git
