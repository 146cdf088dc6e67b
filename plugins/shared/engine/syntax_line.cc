#include "engine/syntax_line.h"

#include <strings.h>

#include <string_view>
#include <vector>

namespace ns::engine {
namespace {

constexpr std::string_view kSpace = " \t\r\f\v";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text;
}

// What stands behind the "#" or "//" of a comment, and whether there is one.
bool IsComment(std::string_view line, std::string_view& rest) {
  line = Trimmed(line);
  const size_t marker = line.starts_with("#") ? 1 : line.starts_with("//") ? 2 : 0;
  rest = Trimmed(line.substr(marker));
  return marker > 0;
}

bool NamesSyntax(std::string_view rest) {
  constexpr std::string_view kName = "syntax";
  return rest.size() > kName.size() &&
         ::strncasecmp(rest.data(), kName.data(), kName.size()) == 0 &&
         Trimmed(rest.substr(kName.size())).starts_with("=");
}

}  // namespace

// Directives stand in the comments before anything else, and a comment that is none ends them: what
// takes the place of the line comes behind the others. A file that is all JSON may name a front end
// as well, and is no Dockerfile otherwise.
std::string WithoutSyntax(const std::string& dockerfile) {
  std::string_view text = dockerfile;
  const bool marked = text.starts_with(kByteOrderMark);
  if (marked) text.remove_prefix(kByteOrderMark.size());
  if (const size_t first = text.find_first_not_of(" \t\r\n");
      first < text.size() && text[first] == '{')
    return "# no front end\n" + std::string(text);
  std::string kept;
  size_t left_out = 0;
  for (std::string_view rest; !text.empty();) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    if (!IsComment(line, rest)) break;
    text.remove_prefix(line.size());
    if (NamesSyntax(rest))
      ++left_out;
    else
      kept += line;
  }
  if (left_out == 0) return dockerfile;
  if (!kept.empty() && !kept.ends_with('\n')) kept += '\n';
  for (; left_out > 0; --left_out) kept += "#\n";
  return kept + std::string(text);
}

}  // namespace ns::engine
