// What changes of the variables of one application. Pure, but for the values it asks for.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "form/plan.h"

namespace ns::cli::form {

struct EnvPlan {
  bool changes = false;
  std::vector<platform::ApplicationForm::Variable> all;  // that there will be
  std::map<std::string, Variable> after;
  std::vector<std::string> parts, notes;
  std::vector<std::pair<std::string, std::string>> faults;  // field, message
};

// `before`: those that are stored, as the form says them; `stored`: as the server does (null: the
// application is new, or nobody may look).
EnvPlan PlanEnv(const Application& app, const std::map<std::string, Variable>& before,
                const platform::Application* stored, const Options& options);

}  // namespace ns::cli::form
