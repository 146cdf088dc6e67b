// Why buildah failed and whose fault it is. Pure.
#pragma once

#include <string>
#include <vector>

#include "ns/sdk/error.h"

namespace ns::engine_buildah {

// From the last lines of `buildah bud` and the code that it ended with. Reasons CommandFailed,
// BaseImageUnavailable, EngineUnavailable.
sdk::Error BuildFailure(const std::vector<std::string>& tail, int exit_code);

// What `buildah push` says of its failure.
std::string PushWords(const std::vector<std::string>& tail);

}  // namespace ns::engine_buildah
