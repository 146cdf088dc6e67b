#include "runtime_plan.h"

#include "build/command_plan.h"
#include "build/settings.h"

namespace ns::build_runtime_cmd {

sdk::BuildPlan PlanRuntime(const sdk::BuildRequest& request) {
  const build::CommandSettings settings = build::ParseCommandSettings(request.settings);
  if (settings.base_image.empty() && request.entrypoint.empty() && request.command.empty())
    throw build::Refused(
        NS_REASON_SETTINGS_INVALID,
        "One of base_image, entrypoint and command is needed, or there is nothing to run; set "
        "one.");
  return build::PlanCommands(settings, request);
}

}  // namespace ns::build_runtime_cmd
