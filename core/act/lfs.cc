#include "act/lfs.h"

#include <fstream>
#include <sstream>

namespace ns::act {
namespace {

constexpr size_t kMaxAttributes = 1 << 20;

// "PATTERN attribute attribute ...", where "#" begins a comment.
bool NamesLfs(const std::string& line) {
  std::istringstream words(line);
  std::string word;
  if (!(words >> word) || word.starts_with('#')) return false;
  while (words >> word) {
    if (word == "filter=lfs") return true;
  }
  return false;
}

}  // namespace

bool UsesLfs(const std::string& source) {
  std::ifstream file(source + "/.gitattributes");
  std::string text(kMaxAttributes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (NamesLfs(line)) return true;
  }
  return false;
}

}  // namespace ns::act
