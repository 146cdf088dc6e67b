// Names of what is in an artifact. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/limits.h"
#include "base/status.h"

namespace ns::archive {

// The names of a path below the root, outermost first; none for the root itself ("./"). A path is
// relative, UTF-8 without control characters, within the limits, and no name of it is "..". Empty
// names and "." are left out, as tools write them ("./a", "a//b", "a/"). "ArtifactInvalid",
// "ArtifactTooLarge".
// *Rationale:* bytes that are no UTF-8 are refused, since a path becomes a URL, a log line and
// JSON, and readers differ in what they make of such bytes.
Result<std::vector<std::string>> NamesOf(std::string_view path, const Limits& limits);

}  // namespace ns::archive
