// Files that are kept in Git LFS.
#pragma once

#include <string>

namespace ns::act {

// Whether the .gitattributes at the top of a checked out source gives files to Git LFS. Reads at
// most 1 MiB of it.
bool UsesLfs(const std::string& source);

}  // namespace ns::act
