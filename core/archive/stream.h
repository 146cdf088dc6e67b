// Bytes on their way in and out. What either says goes to the caller unchanged.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "base/status.h"

namespace ns::archive {

// Puts up to `most` bytes at `to` and tells how many; 0 is the end.
using Source = std::function<Result<size_t>(char* to, size_t most)>;
using Sink = std::function<Status(std::string_view bytes)>;

}  // namespace ns::archive
