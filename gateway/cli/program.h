// The whole of `ns`, as a function.
#pragma once

namespace ns::cli {

// Carries a command line out; the exit code of the process.
int RunProgram(int argc, const char* const* argv);

}  // namespace ns::cli
