#include "build/buildpack_plan.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "build/image_reference.h"
#include "build/settings.h"
#include "build/source_paths.h"

namespace ns::build {
namespace {

namespace json = boost::json;

constexpr int kOldestMinor = 12;  // of the platform API

sdk::Error Invalid(const std::string& what) {
  return {NS_E_INVALID, NS_REASON_CONFIG_INVALID, what, sdk::Fault::kOperator};
}

std::string TextAt(const json::object& from, const char* name, const std::string& otherwise) {
  const json::value* value = from.if_contains(name);
  if (!value) return otherwise;
  if (!value->is_string())
    throw Invalid(std::string(name) + " is no text; give it as a JSON string.");
  return std::string(value->get_string());
}

void CheckReference(const char* name, const std::string& reference) {
  if (!IsImageReference(reference))
    throw Invalid(std::string(name) + " is \"" + reference.substr(0, kLongestReference) +
                  "\", which is no reference of an image; write one like "
                  "\"registry.example.com/builder:1\".");
}

// "0.12" and later.
bool Known(const std::string& api) {
  if (!api.starts_with("0.")) return false;
  int minor = 0;
  const auto [end, error] = std::from_chars(api.data() + 2, api.data() + api.size(), minor);
  return error == std::errc() && end == api.data() + api.size() && minor >= kOldestMinor;
}

}  // namespace

BuildpackConfig ParseBuildpackConfig(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text.empty() ? "{}" : text, error);
  if (error || !value.is_object())
    throw Invalid("The configuration of a build by buildpacks is no JSON object.");
  const json::object& from = value.get_object();
  BuildpackConfig config;
  config.builder = TextAt(from, "builder", "");
  config.run_image = TextAt(from, "run_image", "");
  config.platform_api = TextAt(from, "platform_api", config.platform_api);
  if (config.builder.empty())
    throw Invalid("builder is empty; name the builder image that holds the buildpacks.");
  CheckReference("builder", config.builder);
  CheckReference("run_image", config.run_image);
  if (!Known(config.platform_api))
    throw Invalid("platform_api is \"" + config.platform_api +
                  "\"; it must be \"0.12\" or a later one of the builder's lifecycle.");
  return config;
}

sdk::BuildPlan PlanBuildpack(const BuildpackConfig& config, const sdk::BuildRequest& request) {
  const std::string context = TextSettings(request.settings, {"context"}).at("context");
  sdk::BuildPlan plan;
  plan.context = ContextFolder(request.source, context.empty() ? "." : context);
  plan.builder = config.builder;
  plan.run_image = config.run_image;
  plan.platform_api = config.platform_api;
  plan.secrets = request.env;
  std::sort(plan.secrets.begin(), plan.secrets.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return plan;
}

}  // namespace ns::build
