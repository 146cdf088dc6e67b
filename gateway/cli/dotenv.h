// Variables as a text of lines KEY=VALUE. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ns::cli {

// Lines KEY=VALUE; empty ones and those that begin with # are passed over, `export ` before a key
// too. In "..." stand \n, \t, \", \\ and line ends; in '...' all is as it stands; else the value is
// the rest of the line without spaces around it. Throws Failure(kUsage) with every mistake as
// `name`:LINE.
std::vector<std::pair<std::string, std::string>> ParseDotenv(const std::string& name,
                                                             const std::string& text);

}  // namespace ns::cli
