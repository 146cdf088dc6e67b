// Where this build has put its plugins.
#pragma once

#include <string>

namespace ns::plugin {

// The path of a plugin's file, one for tests or one of the platform.
std::string BuiltPlugin(const std::string& file);

}  // namespace ns::plugin
