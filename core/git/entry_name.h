// Names of entries of a tree.
#pragma once

#include <string>
#include <string_view>

namespace ns::git {

// Why an entry of this name is not checked out; empty for a good name. Refused are "", ".", "..",
// names with "/", of more than 255 bytes, and ".git" in every spelling that some file system takes
// for it, as Git itself refuses them.
std::string NameMistake(std::string_view name);

// The text with control characters and bytes beyond ASCII as "?", and its end cut off beyond 300
// bytes: fit to stand in a message.
std::string Shown(std::string_view text);

}  // namespace ns::git
