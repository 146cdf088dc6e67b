// Where submodules come from, and who may be told the credentials of a repository.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace ns::git {

// The URL that `text` of a .gitmodules means in a repository fetched from `parent`: "./" and "../"
// in front are relative to the parent's own URL and stay on its host, as in Git; beside one that
// was pushed to the platform is another of those. All else must be a URL by itself. kInvalid: what
// model::ParseRepositoryUrl refuses, and more "../" than the parent's path has parts.
Result<std::string> ResolveSubmoduleUrl(std::string_view parent, std::string_view text);

// The URL of a repository that was pushed to the platform, by its folder on this disk.
std::string UrlOfFolder(const std::string& folder);

// Whether both are repository URLs with the same scheme, host and port.
bool SameOrigin(std::string_view a, std::string_view b);

}  // namespace ns::git
