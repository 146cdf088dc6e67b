// A line to be typed for each command: --help, the manual and the tests show it.
#pragma once

#include <string>

namespace ns::cli {

// Empty: there is none, as of the nouns that only hold commands.
std::string ExampleOf(const std::string& path);

}  // namespace ns::cli
