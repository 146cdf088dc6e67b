// The instructions of a Dockerfile. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ns::build {

// Each as its words, the name first; lines that end in a backslash, or in the character of a line
// "# escape=" at the top, are joined, comments left out. None is empty.
std::vector<std::vector<std::string>> DockerfileInstructions(std::string_view text);

std::string UpperCase(std::string text);
// Without " and '.
std::string Unquoted(std::string text);

}  // namespace ns::build
