#include "host/version.h"

namespace ns::host {

std::string Version() { return NS_VERSION; }
std::string Revision() { return NS_REVISION; }
std::string VersionLine() { return "nsd " + Version() + " (" + Revision() + ")"; }

}  // namespace ns::host
