#include "static_plan.h"

#include "build/artifact_path.h"
#include "build/command_plan.h"

namespace ns::build_static_cmd {

sdk::BuildPlan PlanStatic(const sdk::BuildRequest& request) {
  const std::string folder = build::ArtifactFolder(request.artifact_path, "/srv", false);
  sdk::BuildPlan plan = build::PlanCommands(build::ParseCommandSettings(request.settings), request);
  plan.export_path = folder;
  return plan;
}

}  // namespace ns::build_static_cmd
