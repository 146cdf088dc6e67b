// Which sources are sites that commands make.
#pragma once

#include <vector>

#include "ns/sdk/detect.h"

namespace ns::build_static_cmd {

// Sites of Node.js frameworks, Hugo, MkDocs and Jekyll, and pages that need no build; the likeliest
// first. Pure.
std::vector<sdk::Suggestion> Detect(const sdk::SourceListing& source);

}  // namespace ns::build_static_cmd
