// Why buildah failed and whose fault it is. Pure.
#pragma once

#include <string>
#include <vector>

#include "ns/sdk/error.h"

namespace ns::engine_buildah {

// From the last lines of `buildah bud` and the code that it ended with. Reasons CommandFailed,
// BaseImageUnavailable, EngineUnavailable.
sdk::Error BuildFailure(const std::vector<std::string>& tail, int exit_code);

// From those of `buildah pull`. Reasons BaseImageUnavailable, EngineUnavailable.
sdk::Error PullFailure(const std::string& image, const std::vector<std::string>& tail,
                       int exit_code);

// The sandbox could not be made, as these lines say. The operator's fault.
sdk::Error NoSandbox(const std::vector<std::string>& tail);

// Why a build is not begun where its limits cannot be held. `root_and_memory`: whether this process
// may make cgroups that limit memory.
std::string UnlimitedWords(bool root_and_memory);

// What `buildah push` says of its failure.
std::string PushWords(const std::vector<std::string>& tail);

}  // namespace ns::engine_buildah
