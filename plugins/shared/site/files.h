// Files of a server of sites.
#pragma once

#include <sys/types.h>

#include <string>

namespace ns::site {

// Empty where there is none.
std::string ReadWhole(const std::string& path);
// Whole and by renaming, 0644; not synced, since every start writes it anew. Throws
// NS_E_UNAVAILABLE.
void WriteWhole(const std::string& path, const std::string& text);
// Made when absent, with that mode.
void MakeFolder(const std::string& path, mode_t mode);

}  // namespace ns::site
