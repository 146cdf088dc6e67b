// What has to happen to the repositories of a form. Pure, but for the values it asks for.
#pragma once

#include "form/plan.h"

namespace ns::cli::form {

// Adds their steps, differences, notes and mistakes to `plan`.
void PlanRepositories(const Read& wanted, const Live& live, const Options& options, Plan& plan);

}  // namespace ns::cli::form
