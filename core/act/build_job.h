// One attempt at one build: checkout, plan, run, push.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "act/log_writer.h"
#include "act/parts.h"
#include "base/secret.h"
#include "ports/build.h"

namespace ns::act {

struct BuildParts {
  std::map<std::string, ports::BuildMethod*> methods;  // by name: "runtime-dockerfile"
  std::vector<ports::BuildEngine*> engines;            // in order of preference
  std::string folder;                                  // sources are checked out below it
  Secret key;                                          // of the build keys
};

// The folder of an attempt below BuildParts::folder.
std::string SourceName(const model::Build& build);

// Blocks until the attempt has ended. Says how the claim shall be settled; settles nothing. A build
// whose application has changed since it was registered is not run, since its result would bear the
// wrong name.
model::BuildResult RunBuild(const Parts& parts, const BuildParts& build_parts,
                            const model::Build& build, LogWriter& log,
                            const std::stop_token& cancel);

}  // namespace ns::act
