// Why a build failed and whose fault it is. Pure.
#pragma once

#include <string>
#include <vector>

#include "ns/sdk/error.h"

namespace ns::engine_docker {

// From the last lines of the CLI's output, which ended with a failure, and from whether dockerd
// answers after it. `said`: the last lines that steps wrote, told where a command failed. Reasons
// CommandFailed, BaseImageUnavailable, EngineUnavailable.
sdk::Error BuildFailure(const std::vector<std::string>& tail, bool daemon_answers = true,
                        const std::vector<std::string>& said = {});

// Whether they say that a step was killed, as the kernel kills what needs too much memory.
bool SaysKilled(const std::vector<std::string>& tail);

// From what dockerd says about a push. Always RegistryUnavailable; a refusal of the credentials is
// the operator's fault.
sdk::Error PushFailure(const std::string& reference, const std::string& message);

}  // namespace ns::engine_docker
