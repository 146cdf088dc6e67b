#include "git/attributes.h"

#include <string_view>

namespace ns::git {

bool IsInLfs(git_repository* repository, git_commit* commit, const std::string& path) {
  git_attr_options options = GIT_ATTR_OPTIONS_INIT;
  options.flags =
      GIT_ATTR_CHECK_INDEX_ONLY | GIT_ATTR_CHECK_NO_SYSTEM | GIT_ATTR_CHECK_INCLUDE_COMMIT;
  options.attr_commit_id = *git_commit_id(commit);
  const char* value = nullptr;
  return git_attr_get_ext(&value, repository, &options, path.c_str(), "filter") == 0 &&
         git_attr_value(value) == GIT_ATTR_VALUE_STRING && std::string_view(value) == "lfs";
}

}  // namespace ns::git
