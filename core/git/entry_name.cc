#include "git/entry_name.h"

#include <algorithm>

namespace ns::git {
namespace {

constexpr size_t kMaxName = 255;  // bytes, of Linux
constexpr size_t kMaxShown = 300;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// HFS+ does not see these code points: U+200C to 200F, 202A to 202E, 206A to 206F, FEFF.
bool IsIgnorable(std::string_view three) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(three[i]); };
  if (three.size() < 3) return false;
  if (at(0) == 0xef) return at(1) == 0xbb && at(2) == 0xbf;
  if (at(0) != 0xe2) return false;
  if (at(1) == 0x80) return (at(2) >= 0x8c && at(2) <= 0x8f) || (at(2) >= 0xaa && at(2) <= 0xae);
  return at(1) == 0x81 && at(2) >= 0xaa && at(2) <= 0xaf;
}

std::string Folded(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (IsIgnorable(name.substr(i, 3))) {
      i += 2;
    } else {
      out += Lower(name[i]);
    }
  }
  return out;
}

// NTFS drops blanks and dots at the end, takes what follows a ":" for a stream, and knows the first
// ".git" of a folder as "git~1" too.
bool IsDotGit(std::string_view name) {
  std::string folded = Folded(name);
  folded.resize(std::min(folded.find_first_of(":\\"), folded.size()));
  while (folded.ends_with(' ') || folded.ends_with('.')) folded.pop_back();
  return folded == ".git" || folded == "git~1";
}

}  // namespace

std::string NameMistake(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name == "." || name == "..") return "means another folder";
  if (name.find('/') != std::string_view::npos) return "has a \"/\"";
  if (name.size() > kMaxName) return "has more than " + std::to_string(kMaxName) + " bytes";
  return IsDotGit(name) ? "is a spelling of \".git\"" : "";
}

std::string Shown(std::string_view text) {
  std::string out(text.substr(0, kMaxShown));
  for (char& c : out) c = c < 0x20 || c == 0x7f ? '?' : c;  // beyond ASCII a char is negative
  return text.size() > kMaxShown ? out + "..." : out;
}

}  // namespace ns::git
