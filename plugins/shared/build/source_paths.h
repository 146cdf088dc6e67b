// Paths that settings name, kept inside the source with links resolved.
#pragma once

#include <optional>
#include <string>

namespace ns::build {

// `path` below `base`, both relative to `source`, as a path relative to `source` without links, "."
// for the source itself. nullopt: nothing is there. Throws PathOutsideSource, the source's fault,
// when it leaves the source; `what` names it in the message.
std::optional<std::string> FindInside(const std::string& source, const std::string& base,
                                      const std::string& path, const std::string& what);

// The folder `context` of the source that a build may copy from, as FindInside gives it. Throws
// SettingsInvalid where it is not there or is a file, PathOutsideSource; the source's fault.
std::string ContextFolder(const std::string& source, const std::string& context);

}  // namespace ns::build
