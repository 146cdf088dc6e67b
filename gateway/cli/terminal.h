// Who sits in front of this program, if anybody does.
#pragma once

#include <cstdio>
#include <string>

namespace ns::cli {

// Whether questions can be asked: standard input and standard error are a terminal.
bool IsInteractive();
// Whether `out` is to be coloured. `wanted`: "auto", "always" or "never"; of "auto" a terminal is,
// unless NO_COLOR is set or TERM is "dumb".
bool IsColoured(std::FILE* out, const std::string& wanted);

// Asks on standard error, reads a line of the terminal. An empty answer is `usual`. Throws
// Failure(kUsage) where the terminal is closed.
std::string Ask(const std::string& question, const std::string& usual);
// The same without showing what is typed, which is taken as it stands.
std::string AskHidden(const std::string& question);
// "y" or "yes"; an empty answer is `usual`.
bool AskYes(const std::string& question, bool usual);

}  // namespace ns::cli
