// Brings the content of files that are kept in Git LFS.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "git/lfs_pointer.h"
#include "git/wire.h"

namespace ns::git {

// A pointer on disk.
struct LfsFile {
  std::string path;  // below the top of the checkout
  bool program = false;
  LfsPointer pointer;
};

// Puts the content over each pointer below the folder `top`: every object is fetched once, into a
// file beside that no name of the tree has, is held against size and digest, and is renamed over
// its pointer. `request` is that of the repository that holds them, `lfsconfig` the text of its
// .lfsconfig. Says how far it is through `note`, every two seconds and at the end. "LfsRefused",
// "LfsObjectNotFound", "AuthenticationFailed", and what FindLfsServer and HttpClient say. After a
// failure some pointers may be left.
Status FetchLfs(const Request& request, std::string_view lfsconfig,
                const std::vector<LfsFile>& files, int top,
                const std::function<void(const std::string&)>& note);

}  // namespace ns::git
