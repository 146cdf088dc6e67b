// Folders of a checkout.
#pragma once

#include <string>

#include "base/status.h"
#include "supervise/fd.h"

namespace ns::git {

// The folder `path` below `top` ("" is `top` itself), through no link.
Result<supervise::Fd> OpenBelow(int top, const std::string& path);

// What stands in the way of writing `path`, by errno. The platform's fault.
Status CannotWrite(const std::string& path);

}  // namespace ns::git
