// What the program and each of its commands say of themselves.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace ns::cli {

class Context;

// What `--help` shows of that command, the program itself too.
std::string HelpText(const CLI::App& command);

void AddHelp(CLI::App& root, Context& context);

}  // namespace ns::cli
