// Which sources buildpacks would know.
#pragma once

#include <vector>

#include "ns/sdk/detect.h"

namespace ns::build_runtime_buildpack {

// By what buildpacks commonly go by; whether the configured builder has one for it is not known.
// Pure.
std::vector<sdk::Suggestion> Detect(const sdk::SourceListing& source);

}  // namespace ns::build_runtime_buildpack
