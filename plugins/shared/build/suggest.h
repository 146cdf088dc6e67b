// Suggestions of build methods in the form of their settings.
#pragma once

#include <string>

#include "ns/sdk/detect.h"

namespace ns::build {

// Of a method that cannot build the source, and why; says so where the listing is not all of it.
sdk::Suggestion Misfit(const sdk::SourceListing& source, const std::string& why);

// Settings of the methods by commands.
sdk::Suggestion ByCommands(int fit, const std::string& base_image, const std::string& build_cmd,
                           const std::string& why);

// Settings of the methods by Dockerfile.
sdk::Suggestion ByDockerfile(int fit, const std::string& dockerfile_name,
                             const std::string& context, const std::string& why);

// Settings of the methods by buildpacks.
sdk::Suggestion ByBuildpacks(int fit, const std::string& context, const std::string& why);

}  // namespace ns::build
