#include "ns/sdk/plugin.h"

#include "dockerfile_plan.h"

namespace ns::build_dockerfile {

class RuntimeDockerfile : public sdk::BuildMethod {
 public:
  explicit RuntimeDockerfile(const sdk::Setup&) {}

  sdk::BuildPlan Plan(const sdk::Call&, const sdk::BuildRequest& request) override {
    return PlanDockerfile(ParseSettings(request.settings), request);
  }
};

}  // namespace ns::build_dockerfile

NS_PLUGIN(ns::build_dockerfile::RuntimeDockerfile, "dev.neoshowcase.build-runtime-dockerfile");
