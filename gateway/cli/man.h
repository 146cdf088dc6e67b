// The manual, made of the commands themselves. Pure.
// Source: man(7), the macros of manual pages.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tree.h"

namespace ns::cli {

// Name of the file and its text: ns.1, and ns-COMMAND.1 for each command of the program.
std::vector<std::pair<std::string, std::string>> ManPages(const CommandNode& root,
                                                          const std::string& version);

}  // namespace ns::cli
