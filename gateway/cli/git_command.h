// Runs git in the folder where `ns` was started.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ns::cli {

struct GitDone {
  int exit = 0;
  std::string output;  // without the newline at its end; empty where it was shown
};

using GitSettings = std::vector<std::pair<std::string, std::string>>;

// Its standard output is kept, or with `show` goes to standard error, as its own standard error
// does. `settings` go by the environment, which other users of the machine cannot read, as they
// could its words. Throws Failure where there is no git.
GitDone Git(const std::vector<std::string>& words, const GitSettings& settings = {},
            bool show = false);

}  // namespace ns::cli
