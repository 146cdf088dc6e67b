#include "git/lfs_pointer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "model/utf8.h"

namespace ns::git {
namespace {

constexpr std::string_view kVersions[] = {"https://git-lfs.github.com/spec/v1",
                                          "https://hawser.github.com/spec/v1"};
constexpr std::string_view kHash = "sha256:";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }
bool IsKey(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-'; }

// "ext-0-NAME"
bool IsExtension(std::string_view key) {
  return key.size() > 6 && key.starts_with("ext-") && IsDigit(key[4]) && key[5] == '-';
}

bool ReadOid(std::string_view value, LfsPointer& pointer) {
  if (!pointer.oid.empty() || !value.starts_with(kHash)) return false;
  value.remove_prefix(kHash.size());
  pointer.oid = value;
  return value.size() == 64 && std::all_of(value.begin(), value.end(), IsHex);
}

// Of many spellings of a number only the shortest is one.
bool ReadSize(std::string_view value, LfsPointer& pointer) {
  if (value.empty() || (value.size() > 1 && value[0] == '0')) return false;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), pointer.size);
  return error == std::errc() && end == value.data() + value.size() && pointer.size <= INT64_MAX;
}

// One "key value" of the lines behind the version.
bool ReadLine(std::string_view line, LfsPointer& pointer, bool& sized) {
  const size_t blank = line.find(' ');
  if (blank == 0 || blank == std::string_view::npos) return false;
  const std::string_view key = line.substr(0, blank), value = line.substr(blank + 1);
  if (!std::all_of(key.begin(), key.end(), IsKey) || key == "version") return false;
  if (key == "oid") return ReadOid(value, pointer);
  if (key == "size") return !std::exchange(sized, true) && ReadSize(value, pointer);
  if (IsExtension(key) && pointer.extension.empty()) pointer.extension = key.substr(6);
  return true;
}

}  // namespace

std::optional<LfsPointer> ParseLfsPointer(std::string_view text) {
  if (text.size() > kMaxLfsPointer || !model::IsUtf8(text)) return std::nullopt;
  LfsPointer pointer;
  bool sized = false;
  for (size_t begin = 0, number = 0; begin < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (number == 0) {
      if (!line.starts_with("version ")) return std::nullopt;
      const auto* known = std::find(std::begin(kVersions), std::end(kVersions), line.substr(8));
      if (known == std::end(kVersions)) return std::nullopt;
    } else if (line.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos ||
               !ReadLine(line, pointer, sized)) {
      return std::nullopt;
    }
  }
  if (pointer.oid.empty() || !sized) return std::nullopt;
  return pointer;
}

}  // namespace ns::git
