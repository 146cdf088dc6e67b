#include "model/validate.h"

#include <algorithm>

#include "model/shell_words.h"
#include "model/utf8.h"

namespace ns::model {
namespace {

constexpr size_t kMaxName = 100;
constexpr size_t kMaxEnvKey = 100;
constexpr size_t kMaxEnvValue = 64 * 1024;
constexpr size_t kMaxPath = 1024;
constexpr size_t kMaxRef = 255;
constexpr size_t kMaxQuoted = 120;

bool IsControl(unsigned char c) { return c < 0x20 || c == 0x7f; }
bool HasControl(std::string_view text) { return std::any_of(text.begin(), text.end(), IsControl); }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// U+0080 to U+009F: terminals take some of them for escapes.
bool HasC1(std::string_view utf8) {
  for (size_t at = utf8.find('\xc2'); at != std::string_view::npos;
       at = utf8.find('\xc2', at + 1)) {
    if (at + 1 < utf8.size() && static_cast<unsigned char>(utf8[at + 1]) < 0xa0) return true;
  }
  return false;
}

// The parts of `text` between `separator`s; one for text without any.
std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    out.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return out;
    begin = end + 1;
  }
}

// What is wrong with a ref's name by the rules of git-check-ref-format; empty when nothing is.
std::string RefMistake(std::string_view ref) {
  if (ref.empty()) return "must not be empty";
  if (ref.size() > kMaxRef) return "must have at most " + std::to_string(kMaxRef) + " bytes";
  if (ref.front() == '-') return "must not begin with \"-\"";
  if (HasControl(ref) || ref.find_first_of(" ~^:?*[\\") != std::string_view::npos) {
    return "must not hold blanks, control characters or any of ~ ^ : ? * [ \\";
  }
  if (ref.find("..") != std::string_view::npos || ref.find("@{") != std::string_view::npos)
    return "must not hold \"..\" or \"@{\"";
  if (ref == "@" || ref.back() == '.') return "must not be \"@\" or end in \".\"";
  for (const std::string_view part : Split(ref, '/')) {
    if (part.empty()) return "must not have an empty part between slashes";
    if (part.front() == '.' || part.ends_with(".lock"))
      return "must have no part that begins with \".\" or ends in \".lock\"";
  }
  return "";
}

}  // namespace

std::string Quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value.substr(0, kMaxQuoted)) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsControl(byte)) {
      constexpr char kHex[] = "0123456789abcdef";
      out += std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15];
    } else {
      out += c;
    }
  }
  while (!IsUtf8(out)) out.pop_back();  // a character cut in two
  return out + (value.size() > kMaxQuoted ? "\"..." : "\"");
}

void CheckName(const std::string& field, std::string_view name, Violations& out) {
  if (!IsUtf8(name) || HasControl(name) || HasC1(name)) {
    out.push_back({field, "must hold no control characters, got " + Quoted(name)});
  } else if (name.find_first_not_of(' ') == std::string_view::npos ||
             CountCharacters(name) > kMaxName) {
    out.push_back({field, "must have 1 to 100 characters, got " + Quoted(name)});
  }
}

void CheckEnvKey(const std::string& field, std::string_view key, Violations& out) {
  const bool letters = std::all_of(key.begin(), key.end(),
                                   [](char c) { return IsUpper(c) || IsDigit(c) || c == '_'; });
  if (key.empty() || !letters || IsDigit(key.front())) {
    out.push_back({field, "must match [A-Z_][A-Z0-9_]*, got " + Quoted(key)});
  } else if (key.size() > kMaxEnvKey) {
    out.push_back({field, "must have at most 100 bytes, has " + std::to_string(key.size())});
  }
}

void CheckEnvValue(const std::string& field, std::string_view value, Violations& out) {
  if (value.size() > kMaxEnvValue) {
    out.push_back({field, "must have at most 65536 bytes, has " + std::to_string(value.size())});
  } else if (value.find('\0') != std::string_view::npos) {
    out.push_back({field, "must hold no NUL byte"});
  }
}

void CheckRef(const std::string& field, std::string_view ref, Violations& out) {
  const std::string mistake = RefMistake(ref);
  if (!mistake.empty()) out.push_back({field, mistake + ", got " + Quoted(ref)});
}

void CheckSourcePath(const std::string& field, std::string_view path, Violations& out) {
  const auto parts = Split(path, '/');
  if (path.size() > kMaxPath) {
    out.push_back({field, "must have at most 1024 bytes, has " + std::to_string(path.size())});
  } else if (HasControl(path) || path.find('\\') != std::string_view::npos) {
    out.push_back({field, "must hold no control characters or backslashes, got " + Quoted(path)});
  } else if (path.starts_with('/')) {
    out.push_back(
        {field, "must be a path inside the source, not an absolute one, got " + Quoted(path)});
  } else if (std::find(parts.begin(), parts.end(), "..") != parts.end()) {
    out.push_back({field, "must stay inside the source, without \"..\", got " + Quoted(path)});
  }
}

void CheckImage(const std::string& field, std::string_view image, Violations& out) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@";
  const bool letters = image.find_first_not_of(kAllowed) == std::string_view::npos;
  if (image.empty()) return;
  if (!letters || image.size() > 255 || image.find_first_of("-./:@") == 0) {
    out.push_back({field, "must be an image's name such as \"debian:12\", got " + Quoted(image)});
  }
}

void CheckCommand(const std::string& field, std::string_view text, Violations& out) {
  const auto words = ParseCommand(text);
  if (text.size() > 64 * 1024) {
    out.push_back({field, "must have at most 65536 bytes, has " + std::to_string(text.size())});
  } else if (!words.ok()) {
    out.push_back({field, words.status().message()});
  }
}

}  // namespace ns::model
