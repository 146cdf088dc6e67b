// A builder that a test may kill: this program once more, with nothing but a job to run.
#pragma once

#include <sys/types.h>

#include <string>

#include "ports/build.h"

namespace ns::engines {

// A file that is there once a builder gives the export of that build.
std::string ExportBegun(const std::string& build);

// Its process. The export that the plan wants is taken and never ends.
pid_t StartBuilder(const std::string& folder, const std::string& engine, const std::string& config,
                   const ports::EngineJob& job);

// Runs the job where the environment names one, and ends the program; else returns.
void BuildWhereAsked();

}  // namespace ns::engines
