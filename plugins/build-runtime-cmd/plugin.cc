#include "ns/sdk/plugin.h"

#include "command_plan.h"

namespace ns::build_cmd {

class RuntimeCommand : public sdk::BuildMethod {
 public:
  explicit RuntimeCommand(const sdk::Setup&) {}

  sdk::BuildPlan Plan(const sdk::Call&, const sdk::BuildRequest& request) override {
    return PlanCommands(ParseSettings(request.settings), request);
  }
};

}  // namespace ns::build_cmd

NS_PLUGIN(ns::build_cmd::RuntimeCommand, "dev.neoshowcase.build-runtime-cmd");
