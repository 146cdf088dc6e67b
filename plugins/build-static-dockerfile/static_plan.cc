#include "static_plan.h"

#include "build/artifact_path.h"
#include "build/dockerfile_plan.h"

namespace ns::build_static_dockerfile {

sdk::BuildPlan PlanStatic(const sdk::BuildRequest& request) {
  const std::string folder = build::ArtifactFolder(request.artifact_path, "/", true);
  sdk::BuildPlan plan =
      build::PlanDockerfile(build::ParseDockerfileSettings(request.settings), request);
  plan.export_path = folder;
  return plan;
}

}  // namespace ns::build_static_dockerfile
