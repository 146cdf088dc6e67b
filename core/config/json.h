// YAML that is not ours to understand, as JSON for a plugin.
#pragma once

#include <string>

#include <yaml-cpp/yaml.h>

namespace ns::config {

// Plain true, false, null and numbers keep their type, quoted ones are texts. `mistake` says what
// JSON cannot hold. `hide`: values whose key names a secret become "(secret)".
std::string ToJson(const YAML::Node& node, bool hide, std::string& mistake);

}  // namespace ns::config
