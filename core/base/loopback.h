// Which addresses are of this machine and nobody else's.
#pragma once

#include <string_view>

namespace ns {

// Whether "host:port" or "unix:/path" cannot leave this machine: a number of 127.0.0.0/8 or ::1, or
// "localhost" itself. A name that begins or ends like one may be anybody's.
bool IsLoopback(std::string_view address);

}  // namespace ns
