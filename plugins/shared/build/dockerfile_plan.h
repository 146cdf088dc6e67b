// Settings of a build by Dockerfile -> a plan. Reads the source's names, nothing else.
#pragma once

#include <string>

#include "ns/sdk/build.h"

namespace ns::build {

struct DockerfileSettings {
  std::string dockerfile_name = "Dockerfile";  // below the context, else below the source
  std::string context = ".";                   // below the source
};

// Throws SettingsInvalid, the source's fault, when the JSON does not fit.
DockerfileSettings ParseDockerfileSettings(const std::string& json);

// That file on that context. Variables are offered as secret mounts, never as arguments: those
// would stand in the image's history. Throws DockerfileMissing, PathOutsideSource or
// SettingsInvalid, the source's fault.
sdk::BuildPlan PlanDockerfile(const DockerfileSettings& settings, const sdk::BuildRequest& request);

}  // namespace ns::build
