// Why a build failed and whose fault it is. Pure.
#pragma once

#include <string>
#include <vector>

#include "ns/sdk/error.h"

namespace ns::engine {

// From the last lines of a BuildKit client's output, which ended with a failure, and from whether
// the builder ("the Docker daemon") answers after it. `said`: the last lines that steps wrote, told
// where a command failed. Reasons CommandFailed, BaseImageUnavailable, EngineUnavailable.
sdk::Error BuildFailure(const std::string& builder, const std::vector<std::string>& tail,
                        bool answers = true, const std::vector<std::string>& said = {});

// Whether words say that nobody can be asked: the network or the registry is down.
bool SaysNoAnswer(const std::string& text);
bool SaysDiskFull(const std::string& text);

// What the step said before it failed, as "; its last words: ...", or nothing.
std::string LastWords(const std::vector<std::string>& said);

// What the client's words come to where the image was built and could not be pushed; else empty.
std::string RefusedPush(const std::vector<std::string>& tail);

// From what is said about a push. Always RegistryUnavailable; a refusal of the credentials is the
// operator's fault.
sdk::Error PushFailure(const std::string& reference, const std::string& message);

}  // namespace ns::engine
