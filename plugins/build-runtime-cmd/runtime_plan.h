// A program that is built by commands.
#pragma once

#include "ns/sdk/build.h"

namespace ns::build_runtime_cmd {

// The plan of the settings. Throws SettingsInvalid, the source's fault, also where there is nothing
// to run.
sdk::BuildPlan PlanRuntime(const sdk::BuildRequest& request);

}  // namespace ns::build_runtime_cmd
