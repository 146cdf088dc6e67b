// `nsd` on the same machine, for when nothing answers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neoshowcase/platform/v1/system.pb.h"

namespace ns::cli {

// NS_CONFIG: the configuration of nsd on this machine; empty: nsd's default.
std::string NsdConfig();
// nsd beside this program, else on the PATH.
std::optional<std::string> FindNsd();
// The program and what names its configuration; `config` may be empty.
std::vector<std::string> NsdCommand(const std::string& nsd, const std::string& config);
// What `nsd doctor --json` tells. `config` may be empty: nsd's default. Throws Failure when it
// tells nothing that can be read.
neoshowcase::platform::v1::Health AskNsd(const std::string& nsd, const std::string& config);

}  // namespace ns::cli
