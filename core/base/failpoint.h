// Places where a test may end the process or make a call fail.
#pragma once

#include <string>
#include <string_view>

namespace ns {

// Reads "name=crash;name2=error" (from NS_FAILPOINTS in the host); an unknown action ends the
// process at start. Call before threads.
void ConfigureFailpoints(const std::string& spec);

// Marks a place. With action `crash` the process ends here as by SIGKILL; with `error` true comes
// back and the caller fails with kUnavailable. Costs one load while none is configured.
// [any-thread]
bool Failpoint(std::string_view name);

}  // namespace ns
