#include "detect.h"

#include "build/buildpack_signs.h"
#include "build/node_package.h"
#include "build/suggest.h"

namespace ns::build_static_buildpack {
namespace {

// Below the same by commands, whose script is seen: whether the builder's buildpacks run the
// framework's is not known here.
constexpr int kKnown = 28;
constexpr int kBeside = 15;  // a site that a server is built with

}  // namespace

std::vector<sdk::Suggestion> Detect(const sdk::SourceListing& source) {
  const auto sign = build::FindBuildpackSign(source);
  if (!sign)
    return {build::Misfit(source, "There is no file of a language that buildpacks commonly know.")};
  const auto package = build::ReadNodePackage(source);
  const auto site = package ? build::FindNodeSite(source, *package) : std::nullopt;
  if (!site)
    return {build::Misfit(source,
                          "No framework that is known makes a site of it, so it is not known "
                          "which folder buildpacks would leave it in.")};
  const std::string server = build::ServerOf(source, *package);
  sdk::Suggestion suggestion = build::ByBuildpacks(
      server.empty() ? kKnown : kBeside, ".",
      "package.json uses " + site->framework + ", which makes a site in " + site->folder +
          "; whether the builder's buildpacks run its script \"" + site->script +
          "\" shows when it is built" + (server.empty() ? "." : ", and it uses " + server + "."));
  suggestion.artifact_path = site->folder;
  return {suggestion};
}

}  // namespace ns::build_static_buildpack
