#include "ns/sdk/plugin.h"

#include "build/dockerfile_plan.h"
#include "detect.h"

namespace ns::build_runtime_dockerfile {

class RuntimeDockerfile : public sdk::BuildMethod {
 public:
  explicit RuntimeDockerfile(const sdk::Setup&) {}

  sdk::BuildPlan Plan(const sdk::Call&, const sdk::BuildRequest& request) override {
    return build::PlanDockerfile(build::ParseDockerfileSettings(request.settings), request);
  }

  std::vector<sdk::Suggestion> Detect(const sdk::Call&, const sdk::SourceListing& source) override {
    return build_runtime_dockerfile::Detect(source);
  }
};

}  // namespace ns::build_runtime_dockerfile

NS_PLUGIN(ns::build_runtime_dockerfile::RuntimeDockerfile,
          "dev.neoshowcase.build-runtime-dockerfile");
