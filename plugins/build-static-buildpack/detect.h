// Which sources are sites that buildpacks would make.
#pragma once

#include <vector>

#include "ns/sdk/detect.h"

namespace ns::build_static_buildpack {

// Sites of Node.js frameworks, whose folder is known; of other languages nobody can say which
// folder it is. Pure.
std::vector<sdk::Suggestion> Detect(const sdk::SourceListing& source);

}  // namespace ns::build_static_buildpack
