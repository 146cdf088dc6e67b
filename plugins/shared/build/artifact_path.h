// The folder that a static build gives.
#pragma once

#include <string>

namespace ns::build {

// `path` as the settings name it, below `root`, a folder of the image without links: "dist" below
// "/srv" is "/srv/dist", "." is "/srv" itself. `absolute`: it may begin with "/", which changes
// nothing. Throws SettingsInvalid for an empty path, and for one that means all of the image;
// PathOutsideSource for "..", and for "/" where that is not allowed. The source's fault.
std::string ArtifactFolder(const std::string& path, const std::string& root, bool absolute);

}  // namespace ns::build
