#include "model/shell_words.h"

#include "model/validate.h"

namespace ns::model {
namespace {

constexpr std::string_view kShellCharacters = "`~#$&*()\\|[]{};'\"<>?!=";

// The first quote character that is never closed, or 0. A backslash outside single quotes takes the
// next character with it.
char OpenQuote(std::string_view text) {
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'') {
      ++i;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    }
  }
  return quote;
}

}  // namespace

Result<std::vector<std::string>> ParseCommand(std::string_view text) {
  for (unsigned char c : text) {
    if (c < 0x20 && c != '\t' && c != '\n')
      return Invalid("must hold no control character but tab and line end, got " + Quoted(text));
  }
  if (const char quote = OpenQuote(text))
    return Invalid(std::string("must close its quotes: ") + quote + " is not closed, got " +
                   Quoted(text));
  std::vector<std::string> words;
  size_t at = 0;
  while ((at = text.find_first_not_of(" \t\n", at)) != std::string_view::npos) {
    const size_t end = std::min(text.find_first_of(" \t\n", at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  if (!words.empty() && text.find_first_of(kShellCharacters) != std::string_view::npos) {
    return std::vector<std::string>{"sh", "-c", std::string(text)};
  }
  return words;
}

}  // namespace ns::model
