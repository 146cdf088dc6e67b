// `ns`: the command line of NeoShowcase. docs/cli.md.
#include "program.h"

int main(int argc, char** argv) { return ns::cli::RunProgram(argc, argv); }
