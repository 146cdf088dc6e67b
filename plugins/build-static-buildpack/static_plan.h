// A site that is built by buildpacks.
#pragma once

#include "build/buildpack_plan.h"

namespace ns::build_static_buildpack {

// As for a program; wanted is the folder artifact_path below the application's folder, where "." is
// that folder itself. Throws SettingsInvalid or PathOutsideSource, the source's fault.
sdk::BuildPlan PlanStatic(const build::BuildpackConfig& config, const sdk::BuildRequest& request);

}  // namespace ns::build_static_buildpack
