#include "build/dockerfile_words.h"

#include <algorithm>

namespace ns::build {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view Trimmed(std::string_view line) {
  while (!line.empty() && IsBlank(line.back())) line.remove_suffix(1);
  while (!line.empty() && IsBlank(line.front())) line.remove_prefix(1);
  return line;
}

std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> out;
  for (size_t i = 0; i < line.size();) {
    while (i < line.size() && IsBlank(line[i])) ++i;
    const size_t begin = i;
    while (i < line.size() && !IsBlank(line[i])) ++i;
    if (i > begin) out.emplace_back(line.substr(begin, i - begin));
  }
  return out;
}

// `comment`: a line that begins with '#', before any instruction.
void TakeDirective(std::string_view comment, char& escape) {
  std::string text = UpperCase(std::string(comment.substr(1)));
  std::erase_if(text, IsBlank);
  if (text == "ESCAPE=`") escape = '`';
}

}  // namespace

std::vector<std::vector<std::string>> DockerfileInstructions(std::string_view text) {
  std::vector<std::vector<std::string>> out;
  std::string joined;
  char escape = '\\';
  const auto take = [&] {
    if (auto words = Words(joined); !words.empty()) out.push_back(std::move(words));
    joined.clear();
  };
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = Trimmed(text.substr(begin, end - begin));
    begin = end + 1;
    if (line.starts_with('#')) {
      if (out.empty() && joined.empty()) TakeDirective(line, escape);
      continue;
    }
    const bool goes_on = line.ends_with(escape);
    if (goes_on) line.remove_suffix(1);
    joined += std::string(line) + " ";
    if (!goes_on) take();
  }
  take();
  return out;
}

std::string UpperCase(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string Unquoted(std::string text) {
  std::erase_if(text, [](char c) { return c == '"' || c == '\''; });
  return text;
}

}  // namespace ns::build
