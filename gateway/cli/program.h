// The whole of `ns`, as a function.
#pragma once

#include "tree.h"

namespace ns::cli {

// Carries a command line out; the exit code of the process.
int RunProgram(int argc, const char* const* argv);

// Its commands.
CommandNode CommandsOfProgram();

}  // namespace ns::cli
