#include "ns/sdk/plugin.h"

#include "detect.h"
#include "static_plan.h"

namespace ns::build_static_dockerfile {

class StaticDockerfile : public sdk::BuildMethod {
 public:
  explicit StaticDockerfile(const sdk::Setup&) {}

  sdk::BuildPlan Plan(const sdk::Call&, const sdk::BuildRequest& request) override {
    return PlanStatic(request);
  }

  std::vector<sdk::Suggestion> Detect(const sdk::Call&, const sdk::SourceListing& source) override {
    return build_static_dockerfile::Detect(source);
  }
};

}  // namespace ns::build_static_dockerfile

NS_PLUGIN(ns::build_static_dockerfile::StaticDockerfile, "dev.neoshowcase.build-static-dockerfile");
