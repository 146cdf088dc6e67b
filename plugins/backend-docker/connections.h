// Counts what is open on a container's listening ports, by the kernel's own tables of its network
// namespace.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace ns::backend_docker {

// Connections in the text of /proc/<pid>/net/tcp or tcp6 that a peer outside the container has to
// one of its listening ports, or to one of `ports`. A connection counts while either side may still
// send: also one whose answer is not yet acknowledged, not one that the peer closed. `listening`
// collects the listening ports of this text and holds those found before.
int CountConnections(std::string_view table, const std::set<int>& ports, std::set<int>& listening);

// Of a process's namespace; 0 when there is no such process. Throws when its tables cannot be read.
int CountConnectionsOf(int64_t pid, const std::set<int>& ports);

}  // namespace ns::backend_docker
