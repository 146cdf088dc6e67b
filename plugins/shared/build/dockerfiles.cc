#include "build/dockerfiles.h"

#include <algorithm>
#include <tuple>

#include "build/file_facts.h"

namespace ns::build {
namespace {

constexpr size_t kDeepest = 3;  // folders
constexpr size_t kMost = 10;

struct Server {
  const char *image, *folder;
};
constexpr Server kServers[] = {{"nginx", "/usr/share/nginx/html"},
                               {"nginx-unprivileged", "/usr/share/nginx/html"},
                               {"httpd", "/usr/local/apache2/htdocs"},
                               {"caddy", "/usr/share/caddy"}};

bool OthersOwn(std::string_view path) {
  const std::string within = "/" + std::string(path);
  return within.find("/node_modules/") != std::string::npos ||
         within.find("/vendor/") != std::string::npos;
}

bool Plain(std::string_view name) { return name == "Dockerfile" || name == "Containerfile"; }
bool Variant(std::string_view name) {
  return name.starts_with("Dockerfile.") || name.starts_with("Containerfile.") ||
         name.ends_with(".Dockerfile") || name.ends_with(".dockerfile");
}
bool IsDockerfile(std::string_view name) {
  return (Plain(name) || Variant(name)) && !name.ends_with(".dockerignore");
}

// A folder of Dockerfiles alone ("docker/") is no context.
std::string ContextOf(const sdk::SourceListing& source, const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  const std::string folder = path.substr(0, slash);
  for (const sdk::SourceFile& file : source.files) {
    const std::string_view name = NameOf(file.path);
    if (file.path.starts_with(folder + "/") && !IsDockerfile(name) &&
        !name.ends_with(".dockerignore"))
      return folder;
  }
  return ".";
}

// Words of a line, the first in upper case.
std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words;
  for (size_t at = 0; (at = line.find_first_not_of(" \t\r", at)) != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    words.emplace_back(line.substr(at, end - at));
    at = end;
  }
  if (!words.empty())
    std::transform(words[0].begin(), words[0].end(), words[0].begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return words;
}

// "docker.io/library/nginx:1.27@sha256:..." -> "nginx".
std::string_view ImageName(std::string_view reference) {
  const std::string_view name = NameOf(reference);
  return name.substr(0, name.find_first_of(":@"));
}

const Server* ServerOf(const std::vector<std::string>& from) {
  const auto image = std::find_if(from.begin() + 1, from.end(),
                                  [](const std::string& word) { return !word.starts_with("--"); });
  if (image == from.end()) return nullptr;
  const auto found = std::find_if(std::begin(kServers), std::end(kServers), [&](const Server& one) {
    return ImageName(*image) == one.image;
  });
  return found == std::end(kServers) ? nullptr : found;
}

}  // namespace

std::vector<DockerfileAt> FindDockerfiles(const sdk::SourceListing& source) {
  std::vector<DockerfileAt> found;
  for (const sdk::SourceFile& file : source.files) {
    if (DepthOf(file.path) > kDeepest || OthersOwn(file.path) || !IsDockerfile(NameOf(file.path)))
      continue;
    found.push_back({file.path, ContextOf(source, file.path), Variant(NameOf(file.path))});
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    const auto key = [](const DockerfileAt& one) {
      return std::tuple(DepthOf(one.path) > 0, one.variant, DepthOf(one.path),
                        NameOf(one.path) != "Dockerfile");
    };
    return key(a) < key(b);
  });
  if (found.size() > kMost) found.resize(kMost);
  return found;
}

std::optional<std::string> ServedFolder(std::string_view dockerfile) {
  const Server* server = nullptr;
  bool filled = false;
  for (const std::string_view line : LinesOf(dockerfile)) {
    const std::vector<std::string> words = Words(line);
    if (words.size() > 1 && words[0] == "FROM") server = ServerOf(words), filled = false;
    if (!server || words.size() < 3 || (words[0] != "COPY" && words[0] != "ADD")) continue;
    const std::string& to = words.back();
    filled = filled || to == server->folder || to.starts_with(server->folder + std::string("/"));
  }
  if (!server || !filled) return std::nullopt;
  return server->folder;
}

}  // namespace ns::build
