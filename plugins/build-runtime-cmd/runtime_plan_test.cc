#include "runtime_plan.h"

#include <gmock/gmock.h>

namespace ns::build_runtime_cmd {
namespace {

using testing::HasSubstr;

sdk::BuildRequest RequestWith(const std::string& settings) {
  sdk::BuildRequest request;
  request.settings = settings;
  return request;
}

TEST(RuntimePlan, NothingToRun_IsRefused) {
  try {
    PlanRuntime(RequestWith("{}"));
    ADD_FAILURE() << "was planned";
  } catch (const sdk::Error& error) {
    EXPECT_EQ(error.reason(), NS_REASON_SETTINGS_INVALID);
    EXPECT_EQ(error.fault(), sdk::Fault::kSource);
    EXPECT_THAT(error.message(), HasSubstr("One of base_image, entrypoint and command"));
  }
}

TEST(RuntimePlan, OneOfThree_IsEnoughAndGivesAnImage) {
  auto command = RequestWith("{}"), entrypoint = RequestWith("{}");
  command.command = {"./app"};
  entrypoint.entrypoint = {"./app"};
  for (const auto& request : {RequestWith(R"({"base_image":"debian:12"})"), command, entrypoint})
    EXPECT_EQ(PlanRuntime(request).export_path, "");
}

}  // namespace
}  // namespace ns::build_runtime_cmd
