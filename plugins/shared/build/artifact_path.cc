#include "build/artifact_path.h"

#include <algorithm>
#include <filesystem>

#include "build/settings.h"

namespace ns::build {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongest = 1024;  // bytes

bool Control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

sdk::Error Broken(const char* reason, const std::string& rule, const std::string& path) {
  std::string shown = path.substr(0, kLongest);
  std::replace_if(shown.begin(), shown.end(), Control, '?');
  return Refused(reason, "artifact_path " + rule + ", got \"" + shown + "\".");
}

bool Climbs(const fs::path& path) {
  return std::any_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

}  // namespace

std::string ArtifactFolder(const std::string& path, const std::string& root, bool absolute) {
  if (path.empty())
    throw Broken(NS_REASON_SETTINGS_INVALID, "must name the folder to serve, such as \"dist\"",
                 path);
  if (path.size() > kLongest)
    throw Broken(NS_REASON_SETTINGS_INVALID, "must have at most 1024 bytes", path);
  if (std::any_of(path.begin(), path.end(), Control))
    throw Broken(NS_REASON_SETTINGS_INVALID, "must hold no control characters", path);
  if (Climbs(path))
    throw Broken(NS_REASON_PATH_OUTSIDE_SOURCE, "must stay inside " + root + ", without \"..\"",
                 path);
  const fs::path asked(path);
  if (asked.is_absolute() && !absolute)
    throw Broken(NS_REASON_PATH_OUTSIDE_SOURCE,
                 "must be a path below " + root + " and not an absolute one", path);
  std::string folder = (fs::path(root) / asked.relative_path()).lexically_normal().string();
  if (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  if (folder == "/")
    throw Broken(NS_REASON_SETTINGS_INVALID, "must name a folder of the image, not all of it",
                 path);
  return folder;
}

}  // namespace ns::build
