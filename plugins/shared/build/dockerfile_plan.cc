#include "build/dockerfile_plan.h"

#include <algorithm>
#include <filesystem>

#include "build/settings.h"
#include "build/source_paths.h"

namespace ns::build {
namespace {

namespace fs = std::filesystem;

std::string Dockerfile(const DockerfileSettings& settings, const std::string& source,
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

DockerfileSettings ParseDockerfileSettings(const std::string& json) {
  DockerfileSettings settings;
  const auto texts = TextSettings(json, {"dockerfile_name", "context"});
  if (!texts.at("dockerfile_name").empty()) settings.dockerfile_name = texts.at("dockerfile_name");
  if (!texts.at("context").empty()) settings.context = texts.at("context");
  return settings;
}

sdk::BuildPlan PlanDockerfile(const DockerfileSettings& settings,
                              const sdk::BuildRequest& request) {
  sdk::BuildPlan plan;
  plan.context = ContextFolder(request.source, settings.context);
  plan.dockerfile_path = Dockerfile(settings, request.source, plan.context);
  plan.secrets = request.env;
  std::sort(plan.secrets.begin(), plan.secrets.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return plan;
}

}  // namespace ns::build
