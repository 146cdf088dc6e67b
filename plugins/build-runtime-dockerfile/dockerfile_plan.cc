#include "dockerfile_plan.h"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "source_paths.h"

namespace ns::build_dockerfile {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

sdk::Error Refused(const char* reason, const std::string& message) {
  return sdk::Error(NS_E_INVALID, reason, message, sdk::Fault::kSource);
}

// An empty text is as good as none: forms send it.
void Take(const json::object& from, const char* name, std::string& to) {
  const json::value* value = from.if_contains(name);
  if (!value || value->is_null()) return;
  if (!value->is_string())
    throw Refused(NS_REASON_SETTINGS_INVALID, std::string("The setting \"") + name +
                                                  "\" is no text; give it as a JSON string.");
  if (!value->get_string().empty()) to = std::string(value->get_string());
}

std::string Context(const Settings& settings, const std::string& source) {
  const auto found = FindInside(source, ".", settings.context, "The context");
  if (!found) {
    throw Refused(NS_REASON_SETTINGS_INVALID,
                  "The context \"" + settings.context +
                      "\" is not in this commit; push it, or set another folder.");
  }
  if (!fs::is_directory(fs::path(source) / *found))
    throw Refused(NS_REASON_SETTINGS_INVALID, "The context \"" + settings.context +
                                                  "\" is a file; set the folder that it is in.");
  return *found;
}

std::string Dockerfile(const Settings& settings, const std::string& source,
                       const std::string& context) {
  for (const std::string& base : {context, std::string(".")}) {
    const auto found = FindInside(source, base, settings.dockerfile_name, "The Dockerfile");
    if (found && fs::is_regular_file(fs::path(source) / *found)) return *found;
  }
  throw Refused(NS_REASON_DOCKERFILE_MISSING,
                "There is no Dockerfile \"" + settings.dockerfile_name + "\" in the context \"" +
                    context + "\" of this commit; push it, or correct the name or the context.");
}

}  // namespace

Settings ParseSettings(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text.empty() ? "{}" : text, error);
  if (error || !value.is_object())
    throw Refused(NS_REASON_SETTINGS_INVALID, "The build settings are no JSON object.");
  Settings settings;
  Take(value.get_object(), "dockerfile_name", settings.dockerfile_name);
  Take(value.get_object(), "context", settings.context);
  return settings;
}

sdk::BuildPlan PlanDockerfile(const Settings& settings, const sdk::BuildRequest& request) {
  sdk::BuildPlan plan;
  plan.context = Context(settings, request.source);
  plan.dockerfile_path = Dockerfile(settings, request.source, plan.context);
  plan.secrets = request.env;
  std::sort(plan.secrets.begin(), plan.secrets.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return plan;
}

}  // namespace ns::build_dockerfile
