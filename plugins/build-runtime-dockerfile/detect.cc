#include "detect.h"

#include "build/dockerfiles.h"
#include "build/exposed_port.h"
#include "build/file_facts.h"
#include "build/suggest.h"

namespace ns::build_runtime_dockerfile {
namespace {

// Whoever writes one at the root says how the repository is built; one in a folder may be of a part
// of it, and a variant is of another purpose.
int FitOf(const build::DockerfileAt& dockerfile) {
  const bool root = build::DepthOf(dockerfile.path) == 0;
  return (root ? 90 : 65) - (dockerfile.variant ? 15 : 0);
}

std::string WhyOf(const build::DockerfileAt& dockerfile, int port, size_t count) {
  const std::string exposes =
      port == 0 ? "." : ", which exposes port " + std::to_string(port) + ".";
  if (count == 1) return "There is a Dockerfile, " + dockerfile.path + exposes;
  return "There are " + std::to_string(count) + " Dockerfiles; this one is " + dockerfile.path +
         exposes;
}

}  // namespace

std::vector<sdk::Suggestion> Detect(const sdk::SourceListing& source) {
  const auto dockerfiles = build::FindDockerfiles(source);
  if (dockerfiles.empty())
    return {build::Misfit(source, "There is no Dockerfile and no Containerfile.")};
  std::vector<sdk::Suggestion> suggestions;
  for (const build::DockerfileAt& one : dockerfiles) {
    const std::string name =
        one.context == "." ? one.path : one.path.substr(one.context.size() + 1);
    const int port = build::ExposedPort(source.head(one.path));
    suggestions.push_back(
        build::ByDockerfile(FitOf(one), name, one.context, WhyOf(one, port, dockerfiles.size())));
    suggestions.back().port = port;
  }
  return suggestions;
}

}  // namespace ns::build_runtime_dockerfile
