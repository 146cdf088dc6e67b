#include "ns/sdk/plugin.h"

#include "detect.h"
#include "runtime_plan.h"

namespace ns::build_runtime_cmd {

class RuntimeCommand : public sdk::BuildMethod {
 public:
  explicit RuntimeCommand(const sdk::Setup&) {}

  sdk::BuildPlan Plan(const sdk::Call&, const sdk::BuildRequest& request) override {
    return PlanRuntime(request);
  }

  std::vector<sdk::Suggestion> Detect(const sdk::Call&, const sdk::SourceListing& source) override {
    return build_runtime_cmd::Detect(source);
  }
};

}  // namespace ns::build_runtime_cmd

NS_PLUGIN(ns::build_runtime_cmd::RuntimeCommand, "dev.neoshowcase.build-runtime-cmd");
