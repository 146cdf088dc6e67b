#include "build/source_paths.h"

#include <algorithm>
#include <filesystem>

#include "build/settings.h"
#include "ns/sdk/error.h"

namespace ns::build {
namespace {

namespace fs = std::filesystem;

sdk::Error Outside(const std::string& what, const std::string& path) {
  return sdk::Error(NS_E_INVALID, NS_REASON_PATH_OUTSIDE_SOURCE,
                    what + " \"" + path +
                        "\" leaves the repository; name a path inside it, without \"..\", \"/\" at "
                        "its start or a link out.",
                    sdk::Fault::kSource);
}

bool Below(const fs::path& folder, const fs::path& path) {
  const auto [left, end] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  (void)end;
  return left == folder.end();
}

}  // namespace

std::optional<std::string> FindInside(const std::string& source, const std::string& base,
                                      const std::string& path, const std::string& what) {
  const fs::path relative = fs::path(path).lexically_normal();
  const bool climbs = std::any_of(relative.begin(), relative.end(),
                                  [](const fs::path& part) { return part == ".."; });
  if (relative.is_absolute() || climbs || path.find('\0') != std::string::npos)
    throw Outside(what, path.substr(0, path.find('\0')));
  std::error_code error;
  const fs::path root = fs::canonical(source, error);
  if (error)
    throw sdk::Error(NS_E_UNAVAILABLE, "DiskUnavailable",
                     "The source cannot be read: " + error.message() + ".", sdk::Fault::kPlatform);
  // Weakly: what is not there may still be told from what is outside.
  const fs::path found = fs::weakly_canonical(root / base / relative, error);
  if (error) return std::nullopt;  // a loop of links, or a file where a folder should be
  if (!Below(root, found)) throw Outside(what, path);
  if (!fs::exists(found, error)) return std::nullopt;
  const std::string inside = found.lexically_relative(root).generic_string();
  return inside.empty() ? "." : inside;
}

std::string ContextFolder(const std::string& source, const std::string& context) {
  const auto found = FindInside(source, ".", context, "The context");
  if (!found)
    throw Refused(
        NS_REASON_SETTINGS_INVALID,
        "The context \"" + context + "\" is not in this commit; push it, or set another folder.");
  if (!fs::is_directory(fs::path(source) / *found))
    throw Refused(NS_REASON_SETTINGS_INVALID,
                  "The context \"" + context + "\" is a file; set the folder that it is in.");
  return *found;
}

}  // namespace ns::build
