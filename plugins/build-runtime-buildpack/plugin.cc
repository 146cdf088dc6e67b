#include "ns/sdk/plugin.h"

#include "build/buildpack_plan.h"
#include "detect.h"

namespace ns::build_runtime_buildpack {

class RuntimeBuildpack : public sdk::BuildMethod {
 public:
  explicit RuntimeBuildpack(const sdk::Setup& setup)
      : config_(build::ParseBuildpackConfig(setup.config)) {}

  sdk::BuildPlan Plan(const sdk::Call&, const sdk::BuildRequest& request) override {
    return build::PlanBuildpack(config_, request);
  }

  std::vector<sdk::Suggestion> Detect(const sdk::Call&, const sdk::SourceListing& source) override {
    return build_runtime_buildpack::Detect(source);
  }

 private:
  const build::BuildpackConfig config_;
};

}  // namespace ns::build_runtime_buildpack

NS_PLUGIN(ns::build_runtime_buildpack::RuntimeBuildpack, "dev.neoshowcase.build-runtime-buildpack");
