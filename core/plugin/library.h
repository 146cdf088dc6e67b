// The one place that maps a library into this process.
#pragma once

#include <string>

#include "base/status.h"
#include "ns/abi/entry.h"

namespace ns::plugin {

struct Library {
  decltype(&ns_plugin_entry_v1) entry = nullptr;
};

// Loads with every symbol resolved now and none offered to others, and never unloads. kUnavailable
// with the loader's words.
Result<Library> LoadLibrary(const std::string& path);

}  // namespace ns::plugin
