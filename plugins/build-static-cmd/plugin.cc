#include "ns/sdk/plugin.h"

#include "detect.h"
#include "static_plan.h"

namespace ns::build_static_cmd {

class StaticCommand : public sdk::BuildMethod {
 public:
  explicit StaticCommand(const sdk::Setup&) {}

  sdk::BuildPlan Plan(const sdk::Call&, const sdk::BuildRequest& request) override {
    return PlanStatic(request);
  }

  std::vector<sdk::Suggestion> Detect(const sdk::Call&, const sdk::SourceListing& source) override {
    return build_static_cmd::Detect(source);
  }
};

}  // namespace ns::build_static_cmd

NS_PLUGIN(ns::build_static_cmd::StaticCommand, "dev.neoshowcase.build-static-cmd");
