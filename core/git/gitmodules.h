// What a ".gitmodules" says.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::git {

// Path of a submodule -> its URL as written; nothing else that the file says has an effect.
// "CheckoutRefused", also for a submodule with a path and without URL, and "LimitExceeded" as
// ParseConfigText says them.
Result<std::map<std::string, std::string>> ParseGitmodules(std::string_view text);

}  // namespace ns::git
