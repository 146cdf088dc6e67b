// The environment of the process, read in this one place.
#pragma once

#include <map>
#include <string>

namespace ns::host {

std::map<std::string, std::string> Environment();
// The value of `name`, or `otherwise`.
std::string EnvironmentValue(const std::string& name, const std::string& otherwise);

}  // namespace ns::host
