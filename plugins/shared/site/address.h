// Who is at the address of a server of sites: "127.0.0.1:8080", another of that
// kind, or "unix:/x.sock".
#pragma once

#include <string>

#include "ns/sdk/call.h"

namespace ns::site {

// Whether somebody listens there. Throws NS_E_UNAVAILABLE where somebody does and has taken no
// connection for two seconds, and what ends the call.
bool IsTaken(const sdk::Call& call, const std::string& listen);
// Takes away a socket file nobody listens on any more, which would stand in the way. Throws alike.
void RemoveStale(const sdk::Call& call, const std::string& listen);

}  // namespace ns::site
