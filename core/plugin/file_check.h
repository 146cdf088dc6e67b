// Which files may be loaded, and the copy that is.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "plugin/objection.h"

namespace ns::plugin {

// Whether a library may be loaded from there: an absolute path of a regular file owned by root or
// this process's user that nobody else can replace or write, neither the file nor any folder above
// it (a folder owned by root with the sticky bit counts as safe), links followed.
std::optional<Objection> CheckFile(const std::string& path);

// All bytes of a file, at most 256 MiB.
Result<std::string> ReadWhole(const std::string& path);

// Puts `bytes` into `folder` (made when absent, 0700) as <sha256>.so, unless it stands there
// already, and reads it back: the path of a file with exactly these bytes. Safe against others of
// this installation that do the same.
Result<std::string> CopyOf(const std::string& bytes, const std::string& folder);

}  // namespace ns::plugin
