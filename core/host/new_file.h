// Files that come whole or not at all.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/random.h"

namespace ns::host {

// A new file beside `path`, on disk, that holds `text`; empty when it cannot be written, and errno
// says why.
std::string WriteDraft(const std::string& path, const std::string& text, mode_t mode,
                       Random& random);

// Makes `path`; somebody else's file is left as it is. False when it cannot be made, and errno says
// why.
bool MakeOnce(const std::string& path, const std::string& text, mode_t mode, Random& random);

}  // namespace ns::host
