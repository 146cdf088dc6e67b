// The settings of a build method one by one, by the names that the form has for them. Pure.
#pragma once

#include <string>
#include <vector>

#include "form/form.h"

namespace ns::cli::form {

struct Setting {
  std::string name, value;  // "dockerfileName", as text
};

// The configuration of a method with nothing set. `method`: one of Methods().
api::ApplicationConfig EmptyConfig(const std::string& method);
// What a person would set, with its value: texts and flags.
std::vector<Setting> SettingsOf(const api::ApplicationConfig& config);
// Throws Failure(kUsage): there is none of that name (`autoShutdown.enabled` is one, and
// `dockerfile_name` the same as `dockerfileName`), or the value is none of its kind.
void SetSetting(api::ApplicationConfig& config, const std::string& name, const std::string& value);

}  // namespace ns::cli::form
