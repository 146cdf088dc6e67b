// A site that is built by a Dockerfile.
#pragma once

#include "ns/sdk/build.h"

namespace ns::build_static_dockerfile {

// As by Dockerfile for a program; wanted is the folder artifact_path of the image, counted from its
// root whether it begins with "/" or not. Throws DockerfileMissing, SettingsInvalid or
// PathOutsideSource, the source's fault.
sdk::BuildPlan PlanStatic(const sdk::BuildRequest& request);

}  // namespace ns::build_static_dockerfile
