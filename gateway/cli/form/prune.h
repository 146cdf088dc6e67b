// What a form takes away by not naming it. Pure.
#pragma once

#include "form/plan.h"

namespace ns::cli::form {

// Adds the deletion of applications and repositories of the caller that a whole form does not name.
void Prune(const Form& wanted, const Live& live, Plan& plan);

}  // namespace ns::cli::form
