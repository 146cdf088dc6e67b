#include "ns/sdk/plugin.h"

#include "build/dockerfile_plan.h"

namespace ns::build_runtime_dockerfile {

class RuntimeDockerfile : public sdk::BuildMethod {
 public:
  explicit RuntimeDockerfile(const sdk::Setup&) {}

  sdk::BuildPlan Plan(const sdk::Call&, const sdk::BuildRequest& request) override {
    return build::PlanDockerfile(build::ParseDockerfileSettings(request.settings), request);
  }
};

}  // namespace ns::build_runtime_dockerfile

NS_PLUGIN(ns::build_runtime_dockerfile::RuntimeDockerfile,
          "dev.neoshowcase.build-runtime-dockerfile");
