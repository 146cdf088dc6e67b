#include "ns/sdk/plugin.h"

#include "detect.h"
#include "static_plan.h"

namespace ns::build_static_buildpack {

class StaticBuildpack : public sdk::BuildMethod {
 public:
  explicit StaticBuildpack(const sdk::Setup& setup)
      : config_(build::ParseBuildpackConfig(setup.config)) {}

  sdk::BuildPlan Plan(const sdk::Call&, const sdk::BuildRequest& request) override {
    return PlanStatic(config_, request);
  }

  std::vector<sdk::Suggestion> Detect(const sdk::Call&, const sdk::SourceListing& source) override {
    return build_static_buildpack::Detect(source);
  }

 private:
  const build::BuildpackConfig config_;
};

}  // namespace ns::build_static_buildpack

NS_PLUGIN(ns::build_static_buildpack::StaticBuildpack, "dev.neoshowcase.build-static-buildpack");
