// A checked-out source as what build methods are asked about.
#pragma once

#include <cstddef>
#include <string>

#include "base/status.h"
#include "ports/detect.h"

namespace ns::act {

// The regular files below `folder` whose paths are UTF-8, without what lies in .git; links are
// neither listed nor followed. Beyond `most` files it is truncated: those of the folders nearest to
// the root are listed. Heads are read from the folder when they are asked for. kUnavailable: it
// cannot be read.
Result<ports::SourceListing> ListSource(const std::string& folder, size_t most = 20'000);

}  // namespace ns::act
