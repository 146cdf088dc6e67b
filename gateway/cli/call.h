// Any method of the API by its name.
#pragma once

#include "context.h"

namespace ns::cli {

void AddCall(CLI::App& root, Context& context);  // `ns api`

}  // namespace ns::cli
