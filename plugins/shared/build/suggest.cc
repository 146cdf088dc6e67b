#include "build/suggest.h"

#include <boost/json.hpp>

namespace ns::build {
namespace {

namespace json = boost::json;

sdk::Suggestion With(int fit, const json::object& settings, const std::string& why) {
  sdk::Suggestion suggestion;
  suggestion.fit = fit;
  suggestion.settings = json::serialize(settings);
  suggestion.why = why;
  return suggestion;
}

}  // namespace

sdk::Suggestion Misfit(const sdk::SourceListing& source, const std::string& why) {
  sdk::Suggestion suggestion;
  suggestion.why = why;
  if (source.truncated)
    suggestion.why +=
        " Only the first " + std::to_string(source.files.size()) + " files were looked at.";
  return suggestion;
}

sdk::Suggestion ByCommands(int fit, const std::string& base_image, const std::string& build_cmd,
                           const std::string& why) {
  json::object settings;
  if (!base_image.empty()) settings["base_image"] = base_image;
  if (!build_cmd.empty()) settings["build_cmd"] = build_cmd;
  return With(fit, settings, why);
}

sdk::Suggestion ByDockerfile(int fit, const std::string& dockerfile_name,
                             const std::string& context, const std::string& why) {
  return With(fit, {{"dockerfile_name", dockerfile_name}, {"context", context}}, why);
}

sdk::Suggestion ByBuildpacks(int fit, const std::string& context, const std::string& why) {
  return With(fit, {{"context", context}}, why);
}

}  // namespace ns::build
