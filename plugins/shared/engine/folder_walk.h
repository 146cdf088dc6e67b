// Gives one folder of a file system that is mounted somewhere and does not change.
#pragma once

#include <functional>
#include <string>

#include "ns/sdk/bytes.h"

namespace ns::engine {

// The folder `path` (absolute, without "." and "..") of the file system at `root`, as an archive of
// what is below it. Links on the way are followed while they stay below the folder that they are
// in, as ENGINE-06 says; nothing outside of `root` is ever opened. `check` is called for each piece
// of a file, and ends it by throwing. The bytes given. Throws ArtifactMissing, ArtifactNotAFolder,
// PathOutsideSource, EngineUnavailable, and what the sink throws.
int64_t GiveFolder(const std::string& root, const std::string& path, const sdk::ByteSink& sink,
                   const std::function<void()>& check);

}  // namespace ns::engine
