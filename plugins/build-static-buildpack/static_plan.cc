#include "static_plan.h"

#include "build/artifact_path.h"

namespace ns::build_static_buildpack {

sdk::BuildPlan PlanStatic(const build::BuildpackConfig& config, const sdk::BuildRequest& request) {
  const std::string folder = build::ArtifactFolder(request.artifact_path, build::kAppFolder, false);
  sdk::BuildPlan plan = build::PlanBuildpack(config, request);
  plan.export_path = folder;
  return plan;
}

}  // namespace ns::build_static_buildpack
