// The output of a helper: a file it writes to directly, so that it needs nobody to read.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "supervise/fd.h"

namespace ns::supervise {

// For appending; made when absent, 0600.
Result<Fd> OpenLog(const std::string& path);
// Bytes; 0 when absent.
uint64_t LogSize(const std::string& path);
// When the file is above 8 MiB its content moves to `path`.1 and it begins anew.
void TrimLog(const std::string& path);
// The last lines from `offset` on, at most 2 KiB.
std::string LogEnd(const std::string& path, uint64_t offset);

}  // namespace ns::supervise
