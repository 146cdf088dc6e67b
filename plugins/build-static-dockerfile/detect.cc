#include "detect.h"

#include "build/dockerfiles.h"
#include "build/suggest.h"

namespace ns::build_static_dockerfile {
namespace {

// Below a program by the same Dockerfile: its web server may be configured to do more.
constexpr int kServed = 70;

}  // namespace

std::vector<sdk::Suggestion> Detect(const sdk::SourceListing& source) {
  std::vector<sdk::Suggestion> suggestions;
  const auto dockerfiles = build::FindDockerfiles(source);
  for (const build::DockerfileAt& one : dockerfiles) {
    const auto folder = build::ServedFolder(source.head(one.path));
    if (!folder) continue;
    const std::string name =
        one.context == "." ? one.path : one.path.substr(one.context.size() + 1);
    suggestions.push_back(build::ByDockerfile(
        kServed, name, one.context,
        one.path + " copies files to " + *folder +
            ", where a web server serves them; they can be served without one of its own."));
    suggestions.back().artifact_path = *folder;
  }
  if (!suggestions.empty()) return suggestions;
  if (dockerfiles.empty())
    return {build::Misfit(source, "There is no Dockerfile and no Containerfile.")};
  return {build::Misfit(source,
                        "No Dockerfile ends with files for a web server, so it is not known "
                        "which folder is the site.")};
}

}  // namespace ns::build_static_dockerfile
