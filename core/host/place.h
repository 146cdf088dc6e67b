// Which data folder this is.
#pragma once

#include <string>

#include "base/random.h"
#include "base/status.h"

namespace ns::host {

// The name of the data folder that `path`, a file in it, belongs to: "<machine>-<8 hex>", given by
// the first process that asks and kept, whatever the machine is called later and however many
// processes use the folder. kUnavailable: the file cannot be read or written; kInvalid: it holds no
// such name.
Result<std::string> PlaceName(const std::string& path, const std::string& machine, Random& random);

}  // namespace ns::host
