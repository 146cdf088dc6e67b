#include "build/file_facts.h"

#include <algorithm>

namespace ns::build {
namespace {

std::string_view Unquoted(std::string_view value) {
  if (value.empty() || (value.front() != '"' && value.front() != '\''))
    return Trimmed(value.substr(0, value.find('#')));
  const size_t end = value.find(value.front(), 1);
  return end == std::string_view::npos ? value : value.substr(1, end - 1);
}

}  // namespace

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string ValueOf(std::string_view text, std::string_view key, std::string_view section) {
  std::string_view now;
  for (const std::string_view line : LinesOf(text)) {
    const std::string_view trimmed = Trimmed(line);
    if (trimmed.starts_with('[')) now = trimmed.substr(1, trimmed.find(']') - 1);
    if (now != section || !trimmed.starts_with(key)) continue;
    const std::string_view rest = Trimmed(trimmed.substr(key.size()));
    if (rest.starts_with('=') || rest.starts_with(':'))
      return std::string(Unquoted(Trimmed(rest.substr(1))));
  }
  return "";
}

std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

size_t DepthOf(std::string_view path) {
  return static_cast<size_t>(std::count(path.begin(), path.end(), '/'));
}

std::string FirstOf(const sdk::SourceListing& source, const std::vector<std::string>& paths) {
  const auto found = std::find_if(paths.begin(), paths.end(),
                                  [&](const std::string& path) { return source.Has(path); });
  return found == paths.end() ? "" : *found;
}

std::string FolderInside(std::string_view named, const std::string& otherwise) {
  while (named.starts_with("./")) named.remove_prefix(2);
  const bool inside =
      !named.empty() && named.front() != '/' && named.find("..") == std::string_view::npos;
  return inside ? std::string(named) : otherwise;
}

bool HasFolder(const sdk::SourceListing& source, const std::string& folder) {
  return std::any_of(source.files.begin(), source.files.end(),
                     [&](const auto& file) { return file.path.starts_with(folder + "/"); });
}

}  // namespace ns::build
