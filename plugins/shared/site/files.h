// Files and sockets of a server of sites.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace ns::site {

// Empty where there is none.
std::string ReadWhole(const std::string& path);
// Whole and by renaming, 0644; not synced, since every start writes it anew. Throws
// NS_E_UNAVAILABLE.
void WriteWhole(const std::string& path, const std::string& text);
// Made when absent, with that mode.
void MakeFolder(const std::string& path, mode_t mode);

// Whether somebody listens at "127.0.0.1:8080" or "unix:/x.sock".
bool IsTaken(const std::string& listen);
// Takes away a socket file nobody listens on any more, which would stand in the way.
void RemoveStale(const std::string& listen);

}  // namespace ns::site
