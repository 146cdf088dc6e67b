// `nsd` on the same machine, for when nothing answers.
#pragma once

#include <optional>
#include <string>

#include "neoshowcase/platform/v1/system.pb.h"

namespace ns::cli {

// nsd beside this program, else on the PATH.
std::optional<std::string> FindNsd();
// What `nsd doctor --json` tells. `config` may be empty: nsd's default. Throws Failure when it
// tells nothing that can be read.
neoshowcase::platform::v1::Health AskNsd(const std::string& nsd, const std::string& config);

}  // namespace ns::cli
