#include "archive/entry_name.h"

#include <algorithm>

#include "model/utf8.h"

namespace ns::archive {
namespace {

constexpr size_t kLongestName = 255;  // that a file system takes

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

Status Bad(std::string_view path, const std::string& what) {
  return BadArtifact("the path \"" + Printable(std::string(path)) + "\" " + what);
}

Status CheckWhole(std::string_view path, const Limits& limits) {
  if (path.empty()) return BadArtifact("an entry has no path");
  if (path.size() > limits.path) {
    return TooLarge("a path has " + std::to_string(path.size()) + " bytes, and at most " +
                    std::to_string(limits.path) + " are allowed");
  }
  if (path.front() == '/') return Bad(path, "is absolute");
  if (std::any_of(path.begin(), path.end(), IsControl))
    return Bad(path, "has control characters in it");
  if (!model::IsUtf8(path)) return Bad(path, "is no UTF-8");
  return {};
}

}  // namespace

Result<std::vector<std::string>> NamesOf(std::string_view path, const Limits& limits) {
  NS_TRY(CheckWhole(path, limits));
  std::vector<std::string> names;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    const std::string_view name = path.substr(at, end - at);
    at = end + 1;
    if (name.empty() || name == ".") continue;
    if (name == "..") return Bad(path, "leaves its folder by \"..\"");
    if (name.size() > kLongestName)
      return Bad(path, "has a name of more than " + std::to_string(kLongestName) + " bytes in it");
    names.emplace_back(name);
  }
  if (names.size() > limits.depth) {
    return TooLarge("\"" + Printable(std::string(path)) + "\" is nested " +
                    std::to_string(names.size()) + " deep, and at most " +
                    std::to_string(limits.depth) + " is allowed");
  }
  return names;
}

}  // namespace ns::archive
