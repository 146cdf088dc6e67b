// Which Dockerfiles of a source would be built to a program.
#pragma once

#include <vector>

#include "ns/sdk/detect.h"

namespace ns::build_runtime_dockerfile {

// One for each Dockerfile, the likeliest first. Pure.
std::vector<sdk::Suggestion> Detect(const sdk::SourceListing& source);

}  // namespace ns::build_runtime_dockerfile
