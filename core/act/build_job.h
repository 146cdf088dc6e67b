// One attempt at one build: checkout, plan, run, push or keep.
#pragma once

#include <string>

#include "act/builder_parts.h"
#include "act/log_writer.h"

namespace ns::act {

// The folder of an attempt below BuilderParts::folder.
std::string SourceName(const model::Build& build);

// Blocks until the attempt has ended. Says how the claim shall be settled; settles nothing. A build
// whose application has changed since it was registered is not run, since its result would bear the
// wrong name.
model::BuildResult RunBuild(const BuilderParts& parts, const model::Build& build, BuildLog& log,
                            const std::stop_token& cancel);

}  // namespace ns::act
