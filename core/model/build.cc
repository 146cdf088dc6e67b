#include "model/build.h"

#include <string_view>

namespace ns::model {
namespace {

constexpr std::string_view kArtifact = "artifact:";

}  // namespace

std::string Image::ArtifactKey() const {
  return reference.starts_with(kArtifact) ? reference.substr(kArtifact.size()) : "";
}

std::string ArtifactPrefix(const AppId& app) { return "artifacts/" + app.str() + "/"; }

Image ArtifactOf(const AppId& app, const BuildId& build, int attempt, const std::string& sha256,
                 int64_t size) {
  return {std::string(kArtifact) + ArtifactPrefix(app) + build.str() + "-" +
              std::to_string(attempt) + ".tar.gz",
          "sha256:" + sha256, size};
}

std::string Image::Pinned() const {
  if (digest.empty() || IsArtifact()) return {};
  const size_t slash = reference.rfind('/');
  const size_t colon = reference.find(':', slash == std::string::npos ? 0 : slash);
  return reference.substr(0, colon) + "@" + digest;
}

}  // namespace ns::model
