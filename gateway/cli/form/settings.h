// The settings of a build method one by one, by the names that the form has for them. Pure.
#pragma once

#include <string>
#include <vector>

#include "form/form.h"

namespace ns::cli::form {

struct Setting {
  std::string name, value;  // "dockerfileName", as text
};

// What a method is built with where nothing is set.
Build EmptyBuild(const std::string& method);
// What a builder suggests for a source.
Build BuildOf(const platform::Suggestion::Method& method);
// What a person would set, with its value: texts and flags.
std::vector<Setting> SettingsOf(const Build& build);
// Throws Failure(kUsage): there is none of that name (`autoShutdown.enabled` is one, and
// `dockerfile_name` the same as `dockerfileName`), or the value is none of its kind. Of a method
// that is not known here any name is a setting, and its value JSON or else a text; how it runs or
// is served are `run.command`, `site.artifactPath` and the like.
void SetSetting(Build& build, const std::string& name, const std::string& value);

}  // namespace ns::cli::form
