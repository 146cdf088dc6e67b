// Two texts compared line by line. Pure.
#pragma once

#include <string>

namespace ns::cli {

// In the unified format, three lines around each change; empty where they are the same. `colours`:
// as a terminal shows them.
std::string UnifiedDiff(const std::string& from, const std::string& to,
                        const std::string& from_name, const std::string& to_name, bool colours);

}  // namespace ns::cli
