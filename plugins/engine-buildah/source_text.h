// Files of a source that the engine itself reads.
#pragma once

#include <optional>
#include <string>

namespace ns::engine_buildah {

// The file `path`, relative to the folder `source`, whole. Links are followed while they stay in
// the source: none leads the engine to a file of the machine. nullopt: there is no such file.
// Throws PathOutsideSource, and CommandFailed for one that is longer than 1 MiB; the source's
// fault.
std::optional<std::string> SourceText(const std::string& source, const std::string& path);

}  // namespace ns::engine_buildah
