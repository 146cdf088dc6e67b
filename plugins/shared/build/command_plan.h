// Settings of a build by commands -> a plan with a generated Dockerfile. Pure: the same input gives
// the same bytes.
#pragma once

#include <string>

#include "ns/sdk/build.h"

namespace ns::build {

struct CommandSettings {
  std::string base_image;  // empty: scratch
  std::string build_cmd;   // shell script, or empty
};

// Throws SettingsInvalid, the source's fault, when the JSON does not fit.
CommandSettings ParseCommandSettings(const std::string& json);

// The repository in /srv of the base image, then `build_cmd` run there by /bin/sh with -e -u -x.
// Variables reach the script through one secret mount, so that neither the image nor its history
// tells of them. Whether there is anything to run is not asked. Throws SettingsInvalid, the
// source's fault.
sdk::BuildPlan PlanCommands(const CommandSettings& settings, const sdk::BuildRequest& request);

}  // namespace ns::build
