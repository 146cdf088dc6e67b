// The settings of a build method, and how they are refused.
#pragma once

#include <initializer_list>
#include <map>
#include <string>

#include "ns/sdk/error.h"

namespace ns::build {

// NS_E_INVALID, the source's fault. `message`: which field, which rule, which value.
sdk::Error Refused(const char* reason, const std::string& message);

// The texts of these settings in a JSON object; empty where one is absent, null or empty, since
// forms send that. Other settings are passed over: the manifest's app_schema is checked by the
// host. Throws SettingsInvalid for anything else.
std::map<std::string, std::string> TextSettings(const std::string& json,
                                                std::initializer_list<const char*> names);

}  // namespace ns::build
