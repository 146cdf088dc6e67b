// Settings of a build by Cloud Native Buildpacks -> a plan. Reads the source's names, nothing else.
#pragma once

#include <string>

#include "ns/sdk/build.h"

namespace ns::build {

// Where the lifecycle has the source and the result, links resolved.
inline constexpr const char* kAppFolder = "/workspace";

// What the operator sets for an instance of the method.
struct BuildpackConfig {
  std::string builder;                // reference of the builder image
  std::string run_image;              // empty: the one that the builder names
  std::string platform_api = "0.12";  // that, or a later one
};

// Throws ConfigInvalid, the operator's fault.
BuildpackConfig ParseBuildpackConfig(const std::string& json);

// The folder `context` of the settings, "." without one, by that builder. Variables are what the
// buildpacks are given as the platform's. Throws SettingsInvalid or PathOutsideSource, the source's
// fault.
sdk::BuildPlan PlanBuildpack(const BuildpackConfig& config, const sdk::BuildRequest& request);

}  // namespace ns::build
