// Addresses that go from one application of a form to another. Pure.
#pragma once

#include "form/plan.h"

namespace ns::cli::form {

// Says in `plan` in which order applications change, so that an address is free when another takes
// it: who gives it up comes first, or, where they exchange theirs or one is deleted, gives it up in
// an act of its own. Notes what is not served in between; two that want the same are a mistake.
void Order(const Read& wanted, const Live& live, Plan& plan);

// Without those.
void LeaveOut(const Addresses& addresses, platform::ApplicationForm& form);

}  // namespace ns::cli::form
