// Which sources are programs that commands build.
#pragma once

#include <vector>

#include "ns/sdk/detect.h"

namespace ns::build_runtime_cmd {

// One for each language that the root of the source shows, the likeliest first. What a Procfile
// says counts more than what a language usually does. Pure.
std::vector<sdk::Suggestion> Detect(const sdk::SourceListing& source);

}  // namespace ns::build_runtime_cmd
