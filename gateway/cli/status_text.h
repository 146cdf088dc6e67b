// `ns status` as text and as JSON. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "neoshowcase/platform/v1/status.pb.h"

namespace ns::cli {

// "live", "building", "unknown".
std::string StateWord(neoshowcase::platform::v1::ApplicationStatus::State state);
// `now`: seconds since 1970.
std::string StatusText(const neoshowcase::platform::v1::ApplicationStatus& status, int64_t now);
// One line for each link; below them the cause, or that there is none.
std::string ExplanationText(const std::string& name,
                            const neoshowcase::platform::v1::Explanation& why, int64_t now);
// All fields, and `timeline`: the phases of the last deploy.
std::string StatusJson(const neoshowcase::platform::v1::ApplicationStatus& status);

}  // namespace ns::cli
