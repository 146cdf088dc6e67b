// What this program calls itself.
#pragma once

#include <string>

namespace ns::host {

std::string Version();      // "0.1.0"
std::string Revision();     // of the sources it was built from, or "unknown"
std::string VersionLine();  // "nsd 0.1.0 (revision)"

}  // namespace ns::host
