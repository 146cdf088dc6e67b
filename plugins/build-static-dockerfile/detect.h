// Which Dockerfiles of a source would be built to a site.
#pragma once

#include <vector>

#include "ns/sdk/detect.h"

namespace ns::build_static_dockerfile {

// One for each Dockerfile that copies files to where a web server looks for them. Pure.
std::vector<sdk::Suggestion> Detect(const sdk::SourceListing& source);

}  // namespace ns::build_static_dockerfile
