// Completion scripts for shells: each asks `ns __complete` for what may stand there. Pure.
#pragma once

#include <string>

namespace ns::cli {

// `shell`: bash, zsh or fish.
std::string CompletionScript(const std::string& shell);

}  // namespace ns::cli
