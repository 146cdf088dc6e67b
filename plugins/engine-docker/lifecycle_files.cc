#include "lifecycle_files.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "digest/digest.h"
#include "engine/digest_text.h"

namespace ns::engine_docker {
namespace {

namespace json = boost::json;

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

template <class Take>
void EachLine(std::string_view text, const Take& take) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    take(Trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// The text of `key = "text"`, which the lifecycle writes on a line of its own.
std::optional<std::string> TextOf(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) return std::nullopt;
  std::string_view rest = Trimmed(line.substr(key.size()));
  if (!rest.starts_with('=')) return std::nullopt;
  rest = Trimmed(rest.substr(1));
  if (rest.size() < 2 || rest.front() != '"' || rest.back() != '"') return std::nullopt;
  return std::string(rest.substr(1, rest.size() - 2));
}

bool LetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// What the specification allows in process types, and with `also` in ids of buildpacks.
bool IsName(std::string_view text, std::string_view also = "") {
  return !text.empty() && text.size() <= 128 && std::ranges::any_of(text, LetterOrDigit) &&
         std::ranges::all_of(text, [also](char c) {
           return LetterOrDigit(c) || c == '.' || c == '_' || c == '-' ||
                  also.find(c) != std::string_view::npos;
         });
}

struct Blob {
  std::string digest;
  size_t size;
};

json::object Descriptor(const char* kind, const Blob& blob) {
  return {{"mediaType", std::string("application/vnd.oci.image.") + kind},
          {"digest", "sha256:" + blob.digest},
          {"size", blob.size}};
}

}  // namespace

Processes ParseProcesses(std::string_view metadata) {
  Processes processes;
  std::string_view section;
  EachLine(metadata, [&](std::string_view line) {
    if (line.starts_with('[')) section = line;
    if (const auto type = TextOf(line, "type"); type && section == "[[processes]]" && IsName(*type))
      processes.types.push_back(*type);
    const auto named = TextOf(line, "buildpack-default-process-type");
    if (named && section.empty() && IsName(*named)) processes.by_default = *named;
  });
  return processes;
}

std::string DefaultProcess(const Processes& processes) {
  if (!processes.by_default.empty()) return processes.by_default;
  if (std::find(processes.types.begin(), processes.types.end(), "web") != processes.types.end())
    return "web";
  return processes.types.size() == 1 ? processes.types[0] : "";
}

std::string InWords(const Processes& processes) {
  const std::string chosen = DefaultProcess(processes);
  std::string words;
  for (const std::string& type : processes.types)
    words += (words.empty() ? "" : ", ") + type + (type == chosen ? " (default)" : "");
  return words;
}

bool HasRunImage(std::string_view analyzed) {
  bool found = false;
  std::string_view section;
  EachLine(analyzed, [&](std::string_view line) {
    if (line.starts_with('[')) section = line;
    const auto reference = TextOf(line, "reference");
    if (section == "[run-image]" && reference && !reference->empty()) found = true;
  });
  return found;
}

// Stricter than TOML, so that nothing is read otherwise than here: tables of the lifecycle's names,
// and pairs of a plain key with a text or a truth, each on a line.
bool IsGroup(std::string_view group) {
  bool fits = true;
  int named = 0;
  EachLine(group, [&](std::string_view line) {
    if (line.empty() || line == "[[group]]" || line == "[[group-extensions]]") return;
    const std::string_view key = line.substr(0, line.find_first_of(" ="));
    const bool plain = !key.empty() && std::ranges::all_of(key, [](char c) {
      return LetterOrDigit(c) || c == '-';
    });
    const auto text = TextOf(line, key);
    if (key == "id") ++named;
    fits = fits && plain && (text || line.ends_with("= true") || line.ends_with("= false")) &&
           (key != "id" || (text && IsName(*text, "/")));
  });
  return fits && named > 0;
}

std::string ParseReport(std::string_view report) {
  std::string digest;
  EachLine(report, [&](std::string_view line) {
    if (const auto text = TextOf(line, "digest"); text && digest.empty()) digest = *text;
  });
  return engine::IsSha256(digest) ? digest : "";
}

std::string RegistryConfig(const std::string& reference, const std::string& username,
                           const std::string& password) {
  if (username.empty()) return "";
  const std::string host = reference.substr(0, reference.find('/'));
  return json::serialize(json::object{
      {"auths", {{host, json::object{{"username", username}, {"password", password}}}}}});
}

std::vector<TarFile> EmptyLayout(const std::string& folder, const std::string& name,
                                 const std::string& os, const std::string& architecture,
                                 Owner owner) {
  const std::string root = folder + "/index.docker.io/library/" + name + "/latest/";
  std::vector<TarFile> files;
  for (const std::string& path :
       {folder + "/", folder + "/index.docker.io/", folder + "/index.docker.io/library/",
        folder + "/index.docker.io/library/" + name + "/", root, root + "blobs/",
        root + "blobs/sha256/"})
    files.push_back({path, "", 0755, owner});
  const auto put = [&](const std::string& content) {
    const std::string digest = digest::Sha256Hex(content);
    files.push_back({root + "blobs/sha256/" + digest, content, 0644, owner});
    return Blob{digest, content.size()};
  };
  const Blob layer = put(std::string(1024, '\0'));  // a tar archive of nothing
  const Blob config = put(json::serialize(json::object{
      {"os", os},
      {"architecture", architecture},
      {"config", json::object()},
      {"rootfs", {{"type", "layers"}, {"diff_ids", json::array{"sha256:" + layer.digest}}}}}));
  const Blob manifest = put(
      json::serialize(json::object{{"schemaVersion", 2},
                                   {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                                   {"config", Descriptor("config.v1+json", config)},
                                   {"layers", json::array{Descriptor("layer.v1.tar", layer)}}}));
  files.push_back({root + "index.json",
                   json::serialize(json::object{
                       {"schemaVersion", 2},
                       {"manifests", json::array{Descriptor("manifest.v1+json", manifest)}}}),
                   0644, owner});
  files.push_back({root + "oci-layout", R"({"imageLayoutVersion":"1.0.0"})", 0644, owner});
  return files;
}

std::vector<TarFile> PlatformEnv(const std::vector<sdk::EnvVar>& env, Owner owner) {
  std::vector<TarFile> files{{"env/", "", 0755, owner}};
  for (const sdk::EnvVar& variable : env)
    files.push_back({"env/" + variable.key, variable.value, 0400, owner});
  return files;
}

}  // namespace ns::engine_docker
