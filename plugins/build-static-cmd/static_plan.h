// A site that is built by commands.
#pragma once

#include "ns/sdk/build.h"

namespace ns::build_static_cmd {

// As by commands for a program; wanted is the folder artifact_path below /srv, where "." is /srv
// itself. Throws SettingsInvalid or PathOutsideSource, the source's fault.
sdk::BuildPlan PlanStatic(const sdk::BuildRequest& request);

}  // namespace ns::build_static_cmd
