// Who is at the other end of a connected socket.
#pragma once

#include "ns/sdk/host_api.h"

namespace ns::gateway::http {

// Credentials from the kernel for a Unix socket, the address for TCP. Without headers.
sdk::Peer PeerOf(int fd);

}  // namespace ns::gateway::http
