// Whether a container's first process hears a stop signal. The kernel drops signals that the first
// process of a namespace has no handler for, so that waiting for one to end would be waiting for
// nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ns::backend_docker {

// "SIGTERM", "TERM" or "15"; 0: not known here.
int SignalNumber(const std::string& name);
// By the text of /proc/<pid>/status; true when that cannot be told.
bool Catches(std::string_view status, int signal);
// Of a running process.
bool ProcessCatches(int64_t pid, const std::string& signal);

}  // namespace ns::backend_docker
