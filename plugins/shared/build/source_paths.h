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

}  // namespace ns::build
