// What a ".gitmodules" says.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::git {

// Path of a submodule -> its URL as written, in Git's configuration format; nothing else that the
// file says has an effect, and it can name no other file. "CheckoutRefused", with the line: text
// that does not parse, a submodule with a path and without URL. "LimitExceeded": more than 1 MiB or
// 10,000 sections.
//
// *Rationale:* libgit2 reads configuration from files alone and follows their [include].
Result<std::map<std::string, std::string>> ParseGitmodules(std::string_view text);

}  // namespace ns::git
